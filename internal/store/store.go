// Package store keeps what must outlive the process in one SQLite file of the
// data folder.
package store

import (
	"context"
	"log/slog"
	"time"
)

// Options of Open.
type Options struct {
	Path string        // of the database; its folder is created, readable by its owner only
	Log  *slog.Logger  // default: none
	Lag  time.Duration // how long a write may wait for others to share its transaction; default 250 ms
}

// Store is an open database.
type Store struct{}

// Open opens the database, or creates it.
func Open(Options) (*Store, error) { return nil, nil }

// Close writes what is still to be written.
func (s *Store) Close() error { return nil }

// Flush returns when everything noted before it is on the disk.
func (s *Store) Flush(ctx context.Context) error { return nil }
