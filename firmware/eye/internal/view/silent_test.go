package view

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"

	"vestibule/firmware/pipe"
)

// Who connects and says nothing keeps no place.
func TestSilentConnectionsAreBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "view")
	l, err := pipe.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); New(slog.New(slog.DiscardHandler)).Run(ctx, l) }()
	all := make([]*pipe.Conn, 3*mostConns)
	for i := range all {
		if all[i], err = pipe.Dial(path); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range all {
		// Closed by eye: at once when there are too many, and all for their silence.
		if _, err := c.Receive(); err == nil {
			t.Error("a silent connection is answered")
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	stop()
	<-done
}
