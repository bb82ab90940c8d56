package parse

// Strip takes the escape sequences and control characters out of a line and
// leaves everything else as it was printed: for the clipboard and for files. A
// tab stays; a text without either is returned as it is.
func Strip(s string) string {
	i := 0
	for i < len(s) && !control(s[i]) {
		i++
	}
	if i == len(s) {
		return s
	}
	b := make([]byte, i, len(s))
	copy(b, s)
	for i < len(s) {
		switch c := s[i]; {
		case c == esc:
			_, n := sequence(s[i:])
			i += n
		case control(c):
			i++
		default:
			b = append(b, c)
			i++
		}
	}
	return string(b)
}

func control(c byte) bool { return c < ' ' && c != '\t' || c == 0x7f }
