package session

// checkPrivate trusts the access control list that directories in a user's
// profile inherit.
func checkPrivate(string) error { return nil }

func checkWay(string) error { return nil }
