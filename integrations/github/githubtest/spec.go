package githubtest

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

//go:embed testdata/github.openapi.json
var description []byte

// spec is GitHub's description of its API, as a judge of requests and answers.
type spec struct {
	paths      []specPath
	components map[string]any
	compiler   *jsonschema.Compiler
	schemas    map[string]*jsonschema.Schema
}

type specPath struct {
	template []string // segments; "{x}" takes any
	pointer  string
	item     map[string]any
}

func readSpec() (*spec, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(description))
	if err != nil {
		return nil, err
	}
	root := doc.(map[string]any)
	modern(root)
	s := &spec{
		components: root["components"].(map[string]any),
		compiler:   jsonschema.NewCompiler(), schemas: map[string]*jsonschema.Schema{},
	}
	for path, item := range root["paths"].(map[string]any) {
		s.paths = append(s.paths, specPath{
			template: strings.Split(strings.Trim(path, "/"), "/"),
			pointer:  "#/paths/" + strings.ReplaceAll(strings.ReplaceAll(path, "~", "~0"), "/", "~1"),
			item:     item.(map[string]any),
		})
	}
	// A path without a placeholder wins over one with.
	slices.SortFunc(s.paths, func(a, b specPath) int { return strings.Compare(b.pointer, a.pointer) })
	return s, s.compiler.AddResource("spec.json", root)
}

// modern turns what OpenAPI 3.0 says of null into JSON Schema.
func modern(v any) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			modern(item)
		}
	case map[string]any:
		for _, item := range v {
			modern(item)
		}
		if v["nullable"] != true {
			return
		}
		delete(v, "nullable")
		same := map[string]any{}
		for k, x := range v {
			same[k] = x
			delete(v, k)
		}
		v["anyOf"] = []any{same, map[string]any{"type": "null"}}
	}
}

// find is the path that a request is for.
func (s *spec) find(path string) (specPath, bool) {
	segments := strings.Split(strings.Trim(path, "/"), "/")
	for _, p := range s.paths {
		if fits(p.template, segments) {
			return p, true
		}
	}
	return specPath{}, false
}

func fits(template, segments []string) bool {
	for i, t := range template {
		last := i == len(template)-1
		switch {
		case i >= len(segments):
			return false
		case t == "{path}" || t == "{ref}" && last: // these may hold slashes
			return true
		case strings.HasPrefix(t, "{"):
		case t != segments[i]:
			return false
		}
	}
	return len(template) == len(segments)
}

// checkRequest says what is wrong with a request; nil: nothing.
func (s *spec) checkRequest(r *http.Request, path string, body []byte) error {
	p, ok := s.find(path)
	if !ok {
		return fmt.Errorf("%s is no path of the API", path)
	}
	op, ok := p.item[strings.ToLower(r.Method)].(map[string]any)
	if !ok {
		return fmt.Errorf("%s is no method of %s", r.Method, path)
	}
	if err := s.checkQuery(p, strings.ToLower(r.Method), r.URL.Query()); err != nil {
		return err
	}
	declared, _ := op["requestBody"].(map[string]any)
	if declared == nil || len(body) == 0 {
		if declared["required"] == true {
			return fmt.Errorf("%s %s needs a body", r.Method, path)
		}
		return nil
	}
	return s.check(p.pointer+"/"+strings.ToLower(r.Method)+"/requestBody/content/application~1json/schema", body)
}

// checkQuery takes only parameters that are declared, with values that fit.
func (s *spec) checkQuery(p specPath, method string, query url.Values) error {
	op, _ := p.item[method].(map[string]any)
	known := map[string]string{}
	for _, owner := range []struct {
		item    map[string]any
		pointer string
	}{{p.item, p.pointer}, {op, p.pointer + "/" + method}} {
		list, _ := owner.item["parameters"].([]any)
		for i, entry := range list {
			pointer := owner.pointer + "/parameters/" + strconv.Itoa(i)
			param := entry.(map[string]any)
			if ref, ok := param["$ref"].(string); ok {
				pointer = ref
				param = s.parameter(ref)
			}
			if param["in"] == "query" {
				known[param["name"].(string)] = pointer + "/schema"
			}
		}
	}
	for name, values := range query {
		pointer, ok := known[name]
		if !ok {
			return fmt.Errorf("the query has %q, which is not declared", name)
		}
		if err := s.checkText(pointer, values[0]); err != nil {
			return fmt.Errorf("the query's %s=%s: %w", name, values[0], err)
		}
	}
	return nil
}

func (s *spec) parameter(ref string) map[string]any {
	p, _ := s.component("parameters", ref)
	return p
}

// checkText checks a value of the query as text and as what it may stand for.
func (s *spec) checkText(pointer, value string) error {
	quoted, _ := json.Marshal(value)
	err := s.check(pointer, quoted)
	if err != nil && json.Valid([]byte(value)) && s.check(pointer, []byte(value)) == nil {
		return nil
	}
	return err
}

// checkAnswer says what is wrong with an answer; nil: nothing. Failures that the
// description does not list for a path are judged as its general error.
func (s *spec) checkAnswer(method, path string, status int, body []byte) error {
	p, ok := s.find(path)
	if !ok || status == http.StatusNotModified {
		return nil
	}
	op, _ := p.item[strings.ToLower(method)].(map[string]any)
	responses, _ := op["responses"].(map[string]any)
	code := strconv.Itoa(status)
	response, listed := responses[code].(map[string]any)
	if !listed {
		if status < 400 {
			return fmt.Errorf("%s %s does not answer with %d", method, path, status)
		}
		return s.check("#/components/schemas/basic-error", body)
	}
	pointer := p.pointer + "/" + strings.ToLower(method) + "/responses/" + code
	if ref, ok := response["$ref"].(string); ok {
		pointer = ref
		response = s.response(ref)
	}
	content, _ := response["content"].(map[string]any)
	for kind := range content {
		if strings.Contains(kind, "json") && kind != "application/scim+json" {
			if kind != "application/json" && content["application/json"] != nil {
				continue
			}
			return s.check(pointer+"/content/"+strings.ReplaceAll(kind, "/", "~1")+"/schema", body)
		}
	}
	if len(body) > 0 && content == nil {
		return fmt.Errorf("%s %s answers %d without a body", method, path, status)
	}
	return nil
}

func (s *spec) response(ref string) map[string]any {
	r, _ := s.component("responses", ref)
	return r
}

func (s *spec) component(section, ref string) (map[string]any, bool) {
	all, _ := s.components[section].(map[string]any)
	c, ok := all[ref[strings.LastIndexByte(ref, '/')+1:]].(map[string]any)
	return c, ok
}

// check judges a JSON text by the schema at a pointer.
func (s *spec) check(pointer string, text []byte) error {
	sch, ok := s.schemas[pointer]
	if !ok {
		var err error
		// The compiler reads a URL: what a pointer has in braces is escaped there.
		if sch, err = s.compiler.Compile("spec.json" + strings.NewReplacer("{", "%7B", "}", "%7D").Replace(pointer)); err != nil {
			return fmt.Errorf("the description can't be used: %w", err)
		}
		s.schemas[pointer] = sch
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("not JSON: %w", err)
	}
	return sch.Validate(v)
}
