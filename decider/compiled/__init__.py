"""The engine as machine code: `make compile` builds it with mypyc, every process takes it where it is there.

A build stands in a folder named after what it was compiled from, and is used only while the sources still are
the same: an edited source or another Python means plain Python again, and so does `rm -r .compiled`. Former
builds are left in place, for processes that run from them.
"""
