// Package dvclive reads what DVCLive writes beside a training: its tables of metrics as
// they grow, what only metrics.json says, and its parameters. It runs neither DVC nor
// Python.
package dvclive

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Definition describes DVCLive.
func Definition() integrations.Definition {
	return integrations.Definition{Name: "dvclive", Title: "DVCLive", Curves: curves}
}

// tables is where, below a directory of DVCLive, each metric has its own file:
// plots/metrics/train/loss.tsv is train/loss.
const tables = "/plots/metrics/"

func curves(file string) (tasks.Growing, bool) {
	slashed := filepath.ToSlash(file)
	if i := strings.LastIndex(slashed, tables); i >= 0 && path.Ext(slashed) == ".tsv" {
		t := &table{name: strings.TrimSuffix(slashed[i+len(tables):], ".tsv")}
		return tasks.Growing{Home: filepath.FromSlash(slashed[:i]), Read: t.read}, true
	}
	// Of a directory with another name it can't be told from anybody's metrics.json.
	if path.Base(slashed) == "metrics.json" && path.Base(path.Dir(slashed)) == "dvclive" {
		return tasks.Growing{Home: filepath.Dir(file), Read: summary, Whole: true}, true
	}
	if path.Base(slashed) == "params.yaml" {
		return tasks.Growing{Home: filepath.Dir(file), Params: params}, true
	}
	return tasks.Growing{}, false
}

// table is a file of one metric: a header, then a line for each step.
//
//	timestamp	step	acc
//	1700000000000	0	0.5
type table struct {
	name    string
	columns []string // of the header
	rest    []byte   // a line of which not all is there yet
	at      int64    // where in the file rest begins
}

// longestLine is no line of such a table.
const longestLine = 64 << 10

func (t *table) read(p []byte, tell func(string, tasks.Point)) error {
	t.rest = append(t.rest, p...)
	for {
		i := bytes.IndexByte(t.rest, '\n')
		if i < 0 {
			if len(t.rest) > longestLine {
				return fmt.Errorf("the line at byte %d has no end; the file is not read any further", t.at)
			}
			return nil
		}
		t.line(strings.TrimSuffix(string(t.rest[:i]), "\r"), tell)
		t.rest, t.at = t.rest[i+1:], t.at+int64(i)+1
	}
}

// line reads a line; one that is none of a table is passed over.
func (t *table) line(text string, tell func(string, tasks.Point)) {
	cells := strings.Split(text, "\t")
	if t.columns == nil {
		t.columns = cells
		return
	}
	if len(cells) != len(t.columns) {
		return
	}
	p := tasks.Point{Value: math.NaN()}
	step := false
	for i, column := range t.columns {
		n, err := strconv.ParseFloat(cells[i], 64)
		if err != nil {
			return
		}
		switch {
		case column == "step":
			p.Step, step = n, true
		case column == "timestamp" && i == 0 && n > 0 && n < 1<<60:
			p.At = time.UnixMilli(int64(n))
		default:
			p.Value = n
		}
	}
	if step && len(t.columns) > 1 {
		tell(t.name, p)
	}
}

// mostDeep bounds how metrics are nested.
const mostDeep = 8

// summary reads metrics.json, which has the last value of each metric and the step.
func summary(text []byte, tell func(string, tasks.Point)) error {
	var all map[string]any
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&all); err != nil {
		return err
	}
	step, ok := all["step"].(float64)
	if !ok {
		return nil
	}
	delete(all, "step")
	var walk func(prefix string, m map[string]any, depth int)
	walk = func(prefix string, m map[string]any, depth int) {
		for name, v := range m {
			switch v := v.(type) {
			case float64:
				tell(prefix+name, tasks.Point{Step: step, Value: v})
			case map[string]any:
				if depth < mostDeep {
					walk(prefix+name+"/", v, depth+1)
				}
			}
		}
	}
	walk("", all, 0)
	return nil
}
