package attach_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// implementers are the types of package tasks that have the given marker method.
func implementers(t *testing.T, file, marker string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), "../"+file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range parsed.Decls {
		f, ok := d.(*ast.FuncDecl)
		if ok && f.Recv != nil && f.Name.Name == marker {
			names = append(names, f.Recv.List[0].Type.(*ast.Ident).Name)
		}
	}
	if len(names) == 0 {
		t.Fatalf("no type with a method %s in %s", marker, file)
	}
	return names
}

// fill sets everything that v leads to, each number and word its own.
func fill(t *testing.T, v reflect.Value, n *int) {
	t.Helper()
	*n++
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(1_700_000_000+int64(*n), int64(*n)).UTC()))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("word %d <&> é", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint8:
		v.SetUint(uint64(*n % 250))
	case reflect.Float64:
		v.SetFloat(float64(*n) + 0.25)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(t, v.Index(i), n)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(t, key, n)
			fill(t, value, n)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if !v.Type().Field(i).IsExported() {
				t.Fatalf("%s.%s is not exported: it does not travel", v.Type(), v.Type().Field(i).Name)
			}
			fill(t, v.Field(i), n)
		}
	default:
		t.Fatalf("teach this test to fill a %s", v.Type())
	}
}

// filled is a value of the same type with nothing left zero.
func filled[T any](t *testing.T, sample T) T {
	t.Helper()
	v := reflect.New(reflect.TypeOf(sample)).Elem()
	n := 0
	fill(t, v, &n)
	return v.Interface().(T)
}

func everyEvent(t *testing.T) []tasks.Event {
	t.Helper()
	var all []tasks.Event
	for _, name := range implementers(t, "event.go", "event") {
		zero, err := tasks.UnmarshalEvent(fmt.Appendf(nil, `{"type":%q,"data":{}}`, name))
		if err != nil {
			t.Fatalf("event %s does not travel: %v; add it to eventTypes", name, err)
		}
		all = append(all, filled(t, zero))
	}
	return all
}

func TestEveryEventArrivesAsItWasSent(t *testing.T) {
	h := startHost(t)
	events := everyEvent(t)
	c := h.dial(t)
	_, batches := c.Subscribe(t.Context())
	h.engine.emit(events...)
	var got []tasks.Event
	for len(got) < len(events) {
		got = append(got, next(t, batches)...)
	}
	if diff := cmp.Diff(events, got); diff != "" {
		t.Errorf("sent (-) and arrived (+):\n%s", diff)
	}
}

func TestEveryCommandArrivesAsItWasSent(t *testing.T) {
	h := startHost(t)
	c := h.dial(t)
	var want []tasks.Command
	for _, name := range implementers(t, "command.go", "command") {
		zero, err := tasks.UnmarshalCommand(fmt.Appendf(nil, `{"type":%q,"data":{}}`, name))
		if err != nil {
			t.Fatalf("command %s does not travel: %v; add it to commandTypes", name, err)
		}
		want = append(want, filled(t, zero))
	}
	for _, command := range want {
		if err := c.Do(t.Context(), command); err != nil {
			t.Fatalf("%T: %v", command, err)
		}
	}
	if diff := cmp.Diff(want, h.engine.did()); diff != "" {
		t.Errorf("sent (-) and arrived (+):\n%s", diff)
	}
}

func TestTheWholeStateArrives(t *testing.T) {
	h := startHost(t)
	want := filled(t, tasks.State{})
	h.engine.state = want
	got, _ := h.dial(t).Subscribe(t.Context())
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the host's state (-) and the client's (+):\n%s", diff)
	}
}

func TestAStateWithThousandsOfTestsArrives(t *testing.T) {
	h := startHost(t)
	h.engine.emit(tasks.Configured{Tasks: []tasks.Task{{Name: "test", Of: "test"}}})
	h.engine.emit(tasks.RunQueued{Run: tasks.Run{ID: "test#1", Task: "test", Number: 1}})
	for i := range 5000 {
		h.engine.emit(tasks.TestReported{ID: "test#1", Test: tasks.TestResult{
			Suite: "example/pkg", Name: fmt.Sprintf("TestNumber%d", i), Status: tasks.TestPassed, Line: int64(i),
		}})
	}
	state, batches := h.dial(t).Subscribe(t.Context())
	if n := len(state.Runs["test#1"].Tests); n != 5000 {
		t.Fatalf("%d tests arrived", n)
	}
	h.engine.emit(tasks.RunReady{ID: "test#1"})
	if batch := next(t, batches); !slices.Equal(batch, []tasks.Event{tasks.RunReady{ID: "test#1"}}) {
		t.Errorf("after the state came %v", batch)
	}
}
