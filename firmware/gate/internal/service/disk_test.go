package service

import (
	"context"
	"crypto/ed25519"
	"log/slog"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"vestibule/firmware/gate/internal/journal"
	"vestibule/hub/wire"
)

// An entry is signed 5 s later at the latest, however many come after it.
func TestEntriesDoNotPutOffTheSignature(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, signer, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		j, _, err := journal.Open(filepath.Join(t.TempDir(), "journal"), "d", signer, func(wire.Event) {})
		if err != nil {
			t.Fatal(err)
		}
		d := newDisk(j, nil, nil, slog.New(slog.NewTextHandler(testLog{t}, nil)))
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- d.run(ctx) }()
		unsigned := func() (n uint64) {
			d.do(func() error { n = j.Unsigned(); return nil }, nil)
			synctest.Wait()
			return n
		}
		for i := range 12 {
			d.write(wire.Event{Kind: wire.Started, Time: time.Now().UTC().Truncate(time.Millisecond)}, nil)
			time.Sleep(time.Second)
			if n := unsigned(); n > 5 {
				t.Errorf("after %d s %d of %d entries have no signature", i+1, n, j.Len())
			}
		}
		time.Sleep(signAfter)
		if n := unsigned(); n != 0 {
			t.Errorf("at rest %d entries have no signature", n)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
