package service

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"vestibule/firmware/gate/internal/book"
	"vestibule/firmware/gate/internal/journal"
	"vestibule/firmware/gate/internal/keys"
	"vestibule/hub/wire"
)

const (
	mostWaiting = 1024            // entries that a broken disk may owe
	mostAtOnce  = 64              // entries in one write
	again       = time.Second     // between tries of a broken disk
	signAfter   = 5 * time.Second // after the first entry without a signature
	signAt      = 256             // entries without a signature
)

// job is one thing for the disk: an entry, or work on other files.
type job struct {
	entry wire.Event
	work  func() error
	// done is called on the gate's goroutine. An entry that has one is not tried again when
	// it fails; one that has none waits until the disk works.
	done func(error)
}

// disk writes, on a goroutine of its own, in the order it was asked to. Its methods never
// wait.
type disk struct {
	journal *journal.Journal
	book    *book.Book
	keys    *keys.Keys
	log     *slog.Logger
	results chan func() // to be called by the gate's goroutine
	health  chan bool   // whether the last write worked; the newest only
	wake    chan struct{}
	failing bool // the last write did not work; of the disk's goroutine

	mu   sync.Mutex
	jobs []job
}

func newDisk(j *journal.Journal, b *book.Book, k *keys.Keys, log *slog.Logger) *disk {
	return &disk{journal: j, book: b, keys: k, log: log, results: make(chan func()), health: make(chan bool, 1), wake: make(chan struct{}, 1)}
}

// write asks for an entry. done may be nil. One that the journal would not take has to fail alone, or
// those that wait with it, and all after them, would wait for ever: it becomes a short one that says so,
// unless somebody waits for it, who is told.
func (d *disk) write(e wire.Event, done func(error)) {
	if err := d.journal.IsShut(); err != nil { // it never will be: nothing may wait behind it
		if done != nil {
			d.do(func() error { return err }, done)
			return
		}
		d.log.Error("an entry is lost: the journal is shut", "kind", e.Kind)
		return
	}
	if !d.journal.Fits(e) {
		d.log.Error("an entry is too long for the journal", "kind", e.Kind)
		if done != nil {
			d.do(func() error { return journal.ErrTooLong }, done)
			return
		}
		if e = shortened(e); !d.journal.Fits(e) {
			return
		}
	}
	d.add(job{entry: e, done: done})
}

// shortened is what is left of an entry that is too long.
func shortened(e wire.Event) wire.Event {
	short := wire.Event{Time: e.Time, Kind: e.Kind, Reason: wire.TooLarge, Count: e.Count}
	if len(e.Delivery) <= maxDelivery {
		short.Delivery = e.Delivery
	}
	return short
}

// do asks for work on other files.
func (d *disk) do(work func() error, done func(error)) { d.add(job{work: work, done: done}) }

func (d *disk) add(j job) {
	d.mu.Lock()
	if len(d.jobs) >= mostWaiting && j.done == nil {
		d.log.Error("an entry is lost: the disk does not work and no more can wait", "kind", j.entry.Kind)
	} else {
		d.jobs = append(d.jobs, j)
	}
	d.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// run works until ctx ends, then once more, and closes the journal.
func (d *disk) run(ctx context.Context) error {
	retry, sign := time.NewTimer(time.Hour), time.NewTimer(time.Hour)
	retry.Stop()
	sign.Stop()
	signing := false // sign runs
	for {
		select {
		case <-d.wake:
		case <-retry.C:
		case <-sign.C:
			d.sign()
			signing = false // if it failed, once more later
		case <-ctx.Done():
			d.work(ctx)
			return d.journal.Close()
		}
		if d.work(ctx) {
			retry.Stop()
		} else {
			retry.Reset(again)
		}
		if d.journal.Unsigned() >= signAt {
			d.sign()
		}
		// Entries that keep coming must not put the signature off.
		switch unsigned := d.journal.Unsigned() > 0; {
		case unsigned && !signing:
			sign.Reset(signAfter)
		case !unsigned:
			sign.Stop()
		}
		signing = d.journal.Unsigned() > 0
	}
}

func (d *disk) sign() {
	if _, err := d.journal.Checkpoint(); err != nil {
		d.log.Error("the journal cannot be signed", "error", err)
	}
}

// work does all jobs; false when entries are left because the disk does not work.
func (d *disk) work(ctx context.Context) bool {
	for {
		batch := d.take()
		if len(batch) == 0 {
			return true
		}
		if batch[0].work != nil {
			d.tell(ctx, batch[0].done, batch[0].work())
			continue
		}
		entries := make([]wire.Event, len(batch))
		for i, j := range batch {
			entries[i] = j.entry
		}
		_, err := d.journal.Append(entries...)
		d.report(err == nil)
		if err != nil && !d.failing { // it is tried again and again
			d.log.Error("the journal cannot be written", "entries", len(entries), "error", err)
		}
		d.failing = err != nil
		for _, j := range batch {
			if j.done != nil {
				d.tell(ctx, j.done, err)
			}
		}
		if err != nil {
			d.putBack(batch)
			return false
		}
	}
}

// take takes the next job that is work, or the next entries up to one that is.
func (d *disk) take() []job {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := 0
	for n < len(d.jobs) && n < mostAtOnce && d.jobs[n].work == nil {
		n++
	}
	if n == 0 && len(d.jobs) > 0 {
		n = 1
	}
	batch := d.jobs[:n:n]
	d.jobs = d.jobs[n:]
	return batch
}

// putBack keeps the entries that may wait.
func (d *disk) putBack(batch []job) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var keep []job
	for _, j := range batch {
		if j.done == nil {
			keep = append(keep, j)
		}
	}
	d.jobs = append(keep, d.jobs...)
}

func (d *disk) report(ok bool) {
	select {
	case <-d.health:
	default:
	}
	d.health <- ok // this goroutine is the only one that puts something in
}

// tell hands a result to the gate's goroutine; after its end nobody wants it.
func (d *disk) tell(ctx context.Context, done func(error), err error) {
	if done == nil {
		return
	}
	select {
	case d.results <- func() { done(err) }:
	case <-ctx.Done():
	}
}
