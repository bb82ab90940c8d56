package process

import "context"

// measured does nothing: the census has read it all.
func measured(context.Context, *proc) {}
