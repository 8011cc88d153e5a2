"""The commands that do what the screens do: `marketplace shop`, `seller` and `admin`."""
