"""Pure functions on plain numbers: no database, no clock."""
