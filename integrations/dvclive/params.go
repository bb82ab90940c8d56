package dvclive

import (
	"strconv"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
)

// mostParams bounds how many parameters are told of a run.
const mostParams = 500

// params reads params.yaml: what is nested has the names of all above it, as DVC calls
// it, and a list of single values is one parameter.
//
//	net:                 net.hidden  8
//	  hidden: 8          net.sizes   [8, 16]
//	  sizes: [8, 16]
func params(text []byte) (map[string]string, error) {
	doc, err := declared.FirstYAML("params.yaml", text)
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	spread(all, "", doc, 0)
	return all, nil
}

func spread(all map[string]string, name string, v *declared.Value, depth int) {
	if len(all) >= mostParams || depth > mostDeep {
		return
	}
	under := func(key string) string { return strings.TrimPrefix(name+"."+key, ".") }
	switch v.Kind {
	case declared.Map:
		for _, e := range v.Entries {
			spread(all, under(e.Key), e.Value, depth+1)
		}
	case declared.List:
		if plain, ok := listed(v.Items); ok {
			add(all, name, plain)
			return
		}
		for i, item := range v.Items {
			spread(all, under(strconv.Itoa(i)), item, depth+1)
		}
	case declared.Scalar:
		add(all, name, v.Text)
	case declared.Null:
		add(all, name, "null")
	}
}

// listed is a list of single values in one line; false: there is more in it.
func listed(items []*declared.Value) (string, bool) {
	var texts []string
	for _, item := range items {
		if item.Kind != declared.Scalar {
			return "", false
		}
		texts = append(texts, item.Text)
	}
	return "[" + strings.Join(texts, ", ") + "]", true
}

func add(all map[string]string, name, text string) {
	if name != "" {
		all[place.Clip(name)] = place.Clip(text)
	}
}
