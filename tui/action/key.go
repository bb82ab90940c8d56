package action

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// namedKeys are the keys that have a word, each with the other words for it.
func namedKeys() map[string][]string {
	return map[string][]string{
		"enter": {"return", "cr"}, "tab": nil, "backspace": {"bs"}, "esc": {"escape"}, "space": {"spacebar"},
		"up": nil, "down": nil, "left": nil, "right": nil, "home": nil, "end": nil,
		"pgup": {"pageup", "page-up"}, "pgdown": {"pagedown", "page-down", "pgdn"},
		"insert": {"ins"}, "delete": {"del"}, "begin": nil, "find": nil, "select": nil, "menu": nil,
	}
}

// modifiers in the order in which a key's name has them.
func modifiers() []string { return []string{"ctrl", "alt", "shift", "meta", "hyper", "super"} }

// ParseKey is the name of a key that a person wrote: "Ctrl+R", "^r" and "ctrl-r"
// are ctrl+r.
func ParseKey(written string) (string, error) {
	text := strings.TrimSpace(written)
	if text == "" && written != "" {
		return "space", nil
	}
	if rest, ok := strings.CutPrefix(text, "^"); ok && utf8.RuneCountInString(rest) == 1 {
		text = "ctrl+" + rest
	}
	mods, key, err := splitKey(text)
	if err != nil {
		return "", err
	}
	name, isNamed := keyWord(key)
	switch {
	case isNamed:
		key = name
	case utf8.RuneCountInString(key) != 1 || !unicode.IsGraphic([]rune(key)[0]):
		return "", fmt.Errorf("there is no key %q", written)
	case len(mods) == 1 && mods[0] == "shift":
		// What shift types is the key's name.
		if upper := strings.ToUpper(key); upper != key {
			return upper, nil
		}
		return "", fmt.Errorf("%q: write what shift types there", written)
	case len(mods) > 0:
		key = strings.ToLower(key)
	}
	if same := map[string]string{"i": "tab", "m": "enter", "[": "esc"}[key]; same != "" && slices.Equal(mods, []string{"ctrl"}) {
		return "", fmt.Errorf("ctrl+%s is %s to a terminal", key, same)
	}
	return strings.Join(append(mods, key), "+"), nil
}

// splitKey takes the modifiers off, and puts them in order.
func splitKey(text string) (mods []string, key string, err error) {
	for {
		i := strings.IndexAny(text, "+-")
		if i <= 0 || i == len(text)-1 {
			break
		}
		m := strings.ToLower(text[:i])
		switch m {
		case "c", "control":
			m = "ctrl"
		case "s":
			m = "shift"
		case "a", "m", "option", "opt":
			m = "alt"
		case "cmd", "win":
			m = "super"
		}
		if !slices.Contains(modifiers(), m) {
			if _, named := keyWord(text); named {
				break // page-up
			}
			return nil, "", fmt.Errorf("there is no key %q; %q is no modifier like ctrl, alt or shift", text, text[:i])
		}
		if slices.Contains(mods, m) {
			return nil, "", fmt.Errorf("%s is there twice", m)
		}
		mods, text = append(mods, m), text[i+1:]
	}
	order := modifiers()
	slices.SortFunc(mods, func(a, b string) int { return slices.Index(order, a) - slices.Index(order, b) })
	return mods, text, nil
}

// keyWord is the name of a key that has a word.
func keyWord(written string) (string, bool) {
	word := strings.ToLower(written)
	if n, err := strconv.Atoi(strings.TrimPrefix(word, "f")); err == nil && word != strconv.Itoa(n) && n >= 1 && n <= 63 {
		return "f" + strconv.Itoa(n), true
	}
	for name, others := range namedKeys() {
		if word == name || slices.Contains(others, word) {
			return name, true
		}
	}
	return "", false
}
