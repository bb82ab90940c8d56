// Package pager scrolls through lines that are already painted. It is for short
// texts that stand in memory; never for logs.
package pager

import "github.com/sawhorse-dev/sawhorse/tui/widget/cell"

// Pager is the widget; the zero value stands at the top.
type Pager struct{ top, height, total int }

// Move scrolls by n lines.
func (p *Pager) Move(n int) { p.top = max(0, min(p.top+n, p.total-p.height)) }

// Top goes back to the first line.
func (p *Pager) Top() { p.top = 0 }

// Press scrolls by a key; false: it is none that does.
func (p *Pager) Press(key string) bool {
	switch key {
	case "up", "k":
		p.Move(-1)
	case "down", "j":
		p.Move(1)
	case "pgup":
		p.Move(-10)
	case "pgdown", "space":
		p.Move(10)
	case "home", "g":
		p.Top()
	case "end", "G":
		p.Move(p.total)
	default:
		return false
	}
	return true
}

// View shows w by h cells of the lines.
func (p *Pager) View(lines []string, w, h int) []string {
	p.height, p.total = h, len(lines)
	p.Move(0)
	shown := make([]string, 0, h)
	shown = append(shown, lines[p.top:min(len(lines), p.top+h)]...)
	return cell.Block(shown, w, h)
}
