package history

import (
	"context"
	"database/sql"
	"time"
)

// Prune drops what is too old, as Add does by itself now and then.
func (s *Store) Prune(ctx context.Context, runs int, age time.Duration) error {
	return s.host(ctx, "prune the run history", func(db *sql.DB) error {
		return prune(ctx, db, time.Now(), runs, age, keptPasses)
	})
}
