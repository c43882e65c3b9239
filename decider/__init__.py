"""The decision service. Modules that `make compile` compiled are taken from there, see decider/compiled."""

from decider.compiled.finder import use_compiled_modules

use_compiled_modules()
