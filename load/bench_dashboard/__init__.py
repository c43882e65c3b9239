"""How long pages of the dashboard take with a month of events and traffic behind them.

seed.py -> embedded server <- dashboard <- session.py <- pages.py (what is measured) <- __main__.py
"""
