"""Who somebody is: passwords, factors, sessions. What a person may do is decided at the desk, by roles."""
