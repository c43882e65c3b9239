"""Who may look: accounts, sessions, the guard in front of every route, the page that asks for a password."""
