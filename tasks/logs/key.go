package logs

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	// maxName keeps directory names below every file system's 255 bytes.
	maxName = 200
	// keyFile holds the key of a log whose name is too long to carry it.
	keyFile = "key"
	// hashMark cannot come out of escaping: '%' is always followed by hex there.
	hashMark = "%~"
)

// dirName makes a key a directory name that is unique also where case does not
// count, and legal on every file system.
func dirName(key Key) string {
	name := escape(string(key))
	if len(name) <= maxName {
		return name
	}
	sum := sha256.Sum256([]byte(key))
	return name[:maxName/2] + hashMark + hex.EncodeToString(sum[:])
}

// keyOf is the key of a log's directory; false when the directory is not ours.
func keyOf(dir string) (Key, bool) {
	name := filepath.Base(dir)
	if strings.Contains(name, hashMark) {
		raw, err := os.ReadFile(filepath.Join(dir, keyFile))
		if err != nil || dirName(Key(raw)) != name {
			return "", false
		}
		return Key(raw), true
	}
	key, ok := unescape(name)
	if !ok || dirName(Key(key)) != name {
		return "", false
	}
	return Key(key), true
}

// saveKey writes the key beside the segments when the name does not carry it.
func saveKey(dir string, key Key) error {
	if !strings.Contains(filepath.Base(dir), hashMark) {
		return nil
	}
	path := filepath.Join(dir, keyFile)
	if _, err := os.Stat(path); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.WriteFile(path, []byte(key), fileMode)
}

func escape(key string) string {
	if key == "" {
		return "%"
	}
	reserved := reservedName(key)
	var b strings.Builder
	for i := range len(key) {
		c := key[i]
		plain := 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_' ||
			c == '.' && i > 0 && i < len(key)-1
		if plain && (!reserved || i != 0) {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteString(hex.EncodeToString([]byte{c}))
	}
	return b.String()
}

func unescape(name string) (string, bool) {
	if name == "%" {
		return "", true
	}
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if name[i] != '%' {
			b.WriteByte(name[i])
			continue
		}
		if i+2 >= len(name) {
			return "", false
		}
		c, err := hex.DecodeString(name[i+1 : i+3])
		if err != nil {
			return "", false
		}
		b.WriteByte(c[0])
		i += 2
	}
	return b.String(), true
}

// reservedName says whether Windows takes the name for a device, whatever
// stands behind its first dot.
func reservedName(key string) bool {
	stem, _, _ := strings.Cut(key, ".")
	switch stem {
	case "con", "prn", "aux", "nul":
		return true
	}
	return len(stem) == 4 && (stem[:3] == "com" || stem[:3] == "lpt") && '0' <= stem[3] && stem[3] <= '9'
}
