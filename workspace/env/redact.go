package env

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// Masked is shown in the place of a secret.
const Masked = "••••••"

// minSecret is the shortest value that is masked inside of text: shorter ones
// ("1", "dev") would tear holes into everything.
const minSecret = 4

var (
	secretName = lazy.Regexp(`(?i)TOKEN|SECRET|PASSW(OR)?D|PASSPHRASE|CREDENTIAL|API_?KEY|(^|[_.-])(KEYS?|PASS|AUTH|DSN)([_.-]|$)`)
	// userinfo is the password in postgres://user:password@host.
	userinfo = lazy.Regexp(`(://[^:/@\s]*:)[^@/\s]+@`)
)

// SecretName reports whether a variable of that name is taken for a secret when
// nothing else is known of it.
func SecretName(name string) bool {
	return !strings.HasPrefix(name, "SAWHORSE_") && secretName().MatchString(name)
}

// Redactor hides known values in what is shown. The zero value knows none, and
// still hides passwords in URLs. It is for display: what is stored stays whole.
type Redactor struct{ replacer *strings.Replacer }

// NewRedactor hides the given values. Those shorter than four characters are
// only hidden by Mask, where the name tells.
func NewRedactor(secrets ...string) Redactor {
	secrets = slices.DeleteFunc(slices.Clone(secrets), func(s string) bool { return len(strings.TrimSpace(s)) < minSecret })
	// The longest first, so that a secret which begins with another is hidden whole.
	slices.SortFunc(secrets, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	var pairs []string
	for _, s := range slices.Compact(secrets) {
		pairs = append(pairs, s, Masked)
	}
	return Redactor{replacer: strings.NewReplacer(pairs...)}
}

// Text hides secrets wherever they stand in text.
func (r Redactor) Text(text string) string {
	if r.replacer != nil {
		text = r.replacer.Replace(text)
	}
	if strings.Contains(text, "://") {
		text = userinfo().ReplaceAllString(text, "${1}"+Masked+"@")
	}
	return text
}

// Mask is the value of a variable as it may be shown.
func (r Redactor) Mask(name, value string) string {
	if value != "" && SecretName(name) {
		return Masked
	}
	return r.Text(value)
}
