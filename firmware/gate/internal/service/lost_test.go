package service

import (
	"crypto/ed25519"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vestibule/firmware/gate/internal/book"
	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// file is the one file of a kind in the book.
func (h *home) file(ending string) string {
	h.t.Helper()
	found, err := filepath.Glob(filepath.Join(h.dir, "gate", "passes", "*"+ending))
	if err != nil || len(found) != 1 {
		h.t.Fatalf("%v %v", found, err)
	}
	return found[0]
}

// ways in which a disk loses a file.
var ways = map[string]func(path string) error{
	"a bit flips": func(path string) error {
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		b[len(b)/2] ^= 1
		return os.WriteFile(path, b, 0o600)
	},
	"it is empty": func(path string) error { return os.Truncate(path, 0) },
	"it is gone":  os.Remove,
}

func (h *home) lose(how func(string) error, ending string) {
	h.t.Helper()
	h.end()
	before := h.entries()
	if err := how(h.file(ending)); err != nil {
		h.t.Fatal(err)
	}
	h.start()
	h.link.next = before
}

// A pass that is lost is one whose code was burned, as the journal says: the hub's note of it brings
// nothing back.
func TestLostPass(t *testing.T) {
	t.Parallel()
	for name, how := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, d := ready(t)
			if l := h.try(d, d.secret.Scanned()); l.Kind != wire.LetterTried {
				t.Fatalf("%s %s", l.Kind, l.Body)
			}
			h.enter()
			h.link.event(wire.VisitEnded)
			h.lose(how, ".pass")
			if e := h.link.event(wire.WindowClosed); e.Reason != wire.DiskTrouble || e.Delivery != d.terms.Delivery {
				t.Errorf("%+v", e)
			}
			for range 2 {
				h.link.send(pipe.TypeNote, h.sign(d.terms)) // the hub sends what it retains
				if got := no(t, h.try(d, d.secret.Scanned())); got.Reason == "" {
					t.Fatal("a second visit on one code")
				}
				h.again()
			}
			h.plan(func(p *pass.Terms) { p.Delivery = "another" })
			if n := h.link.count(wire.PassAccepted); n != 2 {
				t.Errorf("%d passes were accepted, want the first and another", n)
			}
		})
	}
}

// What the owner said of a key and the disk has lost: nobody may do more for it.
func TestLostWordOnAKey(t *testing.T) {
	t.Parallel()
	for name, how := range ways {
		for _, what := range []string{".revoke", ".grant"} {
			t.Run(name+what, func(t *testing.T) {
				t.Parallel()
				h := newHome(t)
				h.start()
				h.pair()
				member := newKey(t)
				wide := h.signGrant(member, pass.MayDeliver|pass.MayLock)
				h.link.send(pipe.TypeNote, wide)
				h.link.event(wire.GrantAdded)
				if what == ".revoke" {
					h.link.send(pipe.TypeNote, h.signRevocation(member))
					h.link.event(wire.GrantRevoked)
				} else {
					h.link.send(pipe.TypeNote, h.signGrant(member, pass.MayWatch, func(g *pass.Grant) { g.At = g.At.Add(time.Second) }))
					h.link.event(wire.GrantAdded)
				}
				h.lose(how, what)
				if what == ".grant" {
					if e := h.link.event(wire.GrantRevoked); e.Reason != wire.DiskTrouble {
						t.Errorf("%+v", e)
					}
				}
				for range 2 {
					h.link.send(pipe.TypeNote, wide) // the hub has kept it
					h.link.send(pipe.TypeNote, h.signBy(h.terms().terms, member))
					if e := h.link.event(wire.PassRefused); e.Reason != wire.NotGranted && e.Reason != wire.BadSignature {
						t.Errorf("%+v", e)
					}
					h.again()
				}
				time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second))) // grants have whole seconds
				h.link.send(pipe.TypeNote, h.signGrant(member, pass.MayDeliver, func(g *pass.Grant) { g.At = time.Now().UTC().Truncate(time.Second) }))
				h.link.event(wire.GrantAdded)
				h.link.send(pipe.TypeNote, h.signBy(h.terms().terms, member))
				h.link.event(wire.PassAccepted)
			})
		}
	}
}

// An end that was made earlier is not later again because its file is lost.
func TestLostAmendment(t *testing.T) {
	t.Parallel()
	for name, how := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, d := ready(t)
			h.link.send(pipe.TypeNote, h.signAmendment(d, 1, 20*time.Minute, h.owner))
			h.link.event(wire.Amended)
			h.lose(how, ".amend")
			if e := h.link.event(wire.Cancelled); e.Reason != wire.DiskTrouble {
				t.Errorf("%+v", e)
			}
			h.link.event(wire.WindowClosed)
			if got := no(t, h.try(d, d.secret.Code.Digits())); got.Reason == "" {
				t.Error("nobody knows the window's end, and it is open")
			}
		})
	}
}

// A disk that cannot say what it keeps opens nothing, and says so; when it can, all is as it was.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	for what, path := range map[string]func(h *home) string{
		"the pass":       func(h *home) string { return h.file(".pass") },
		"the amendment":  func(h *home) string { return h.file(".amend") },
		"a grant":        func(h *home) string { return h.file(".grant") },
		"the epoch":      func(h *home) string { return filepath.Join(h.dir, "gate", "passes", "epoch") },
		"the whole book": func(h *home) string { return filepath.Join(h.dir, "gate", "passes") },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			h := newHome(t)
			h.start()
			h.pair()
			h.link.send(pipe.TypeNote, h.signGrant(newKey(t), pass.MayDeliver, func(g *pass.Grant) { g.Epoch = 3 }))
			h.link.event(wire.GrantAdded)
			d := h.plan(func(p *pass.Terms) { p.Epoch = 3 })
			h.live()
			h.link.send(pipe.TypeNote, h.signAmendment(d, 1, 2*time.Hour, h.owner))
			h.link.event(wire.Amended)
			h.end()
			before := h.entries()
			// A folder in a file's place, or a file in a folder's, is refused to whoever reads it, root too.
			there := path(h)
			aside := filepath.Join(h.dir, "aside")
			if err := os.Rename(there, aside); err != nil {
				t.Fatal(err)
			}
			err := os.Mkdir(there, 0o700)
			if what == "the whole book" {
				err = os.WriteFile(there+"x", nil, 0o600)
				if err == nil {
					err = os.Remove(there)
				}
				if err == nil {
					err = os.Rename(there+"x", there)
				}
			}
			if err != nil {
				t.Fatal(err)
			}
			h.start()
			h.link.next = before
			if e := h.link.event(wire.JournalBroken); e.Reason != wire.DiskTrouble {
				t.Errorf("%+v", e)
			}
			h.link.state("an alarm", func(s wire.State) bool { return s.Alarm == wire.JournalBroken })
			h.link.send(pipe.TypeNote, h.sign(d.terms))
			if e := h.link.event(wire.PassRefused); e.Reason != wire.DiskTrouble {
				t.Errorf("%+v", e)
			}
			if got := no(t, h.try(d, d.secret.Code.Digits())); got.Reason == "" {
				t.Error("it opened")
			}
			h.end()
			before = h.entries()
			if err := os.Remove(there); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(aside, there); err != nil {
				t.Fatal(err)
			}
			h.start()
			h.link.next = before
			h.wakes()
			h.link.state("the amended end", func(s wire.State) bool { return s.Until.Equal(d.terms.From.Add(2*time.Hour)) && s.Alarm == "" })
			if l := h.try(d, d.secret.Code.Digits()); l.Kind != wire.LetterTried {
				t.Errorf("%s %s", l.Kind, l.Body)
			}
		})
	}
}

// What the disk refuses to remove is removed once it can be.
func TestDropAgain(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.start()
	h.pair()
	d := h.plan()
	h.live()
	stuck := filepath.Join(h.dir, "gate", "passes", d.terms.Delivery+".amend")
	if err := os.MkdirAll(filepath.Join(stuck, "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	h.order(pass.Cancel, d.terms.Delivery)
	h.link.event(wire.WindowClosed)
	h.until("the pass is gone, not what belongs to it", func() bool { return h.kept(".pass") == 0 })
	if err := os.Remove(filepath.Join(stuck, "full")); err != nil {
		t.Fatal(err)
	}
	h.until("all is gone", func() bool { return h.kept(".amend") == 0 })
}

// Passes whose removal the disk refused keep gate from starting no longer, nor the newest from being known.
func TestMorePassesThanThereIsRoomFor(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.start()
	h.pair()
	over := h.plan()
	h.live()
	h.order(pass.Cancel, over.terms.Delivery)
	h.link.event(wire.WindowClosed)
	h.end()
	b, err := book.Open(filepath.Join(h.dir, "gate", "passes"))
	if err != nil {
		t.Fatal(err)
	}
	keep := func(d delivery) {
		t.Helper()
		p, err := pass.OpenPass(h.sign(d.terms), h.owner.Public().(ed25519.PublicKey))
		if err == nil {
			err = b.Keep(p)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	over.terms.Until = over.terms.Until.Add(10 * time.Hour) // by name the newest but for the last
	keep(over)
	var now delivery
	for i := range 17 {
		d := h.terms(func(t *pass.Terms) {
			t.From = t.From.Add(time.Duration(i-1) * 2 * time.Hour)
			t.Until = t.From.Add(time.Hour)
		})
		if i == 1 {
			now = d
		}
		keep(d)
	}
	h.start()
	h.calls()
	h.until("a live camera", func() bool { return h.link.count(wire.CameraOn) == 2 })
	if n := h.kept(".pass"); n != 16 {
		t.Errorf("%d passes are kept", n)
	}
	if l := h.try(now, now.secret.Code.Digits()); l.Kind != wire.LetterTried {
		t.Errorf("%s %s", l.Kind, l.Body)
	}
	if got := no(t, h.try(over, over.secret.Code.Digits())); got.Reason == "" {
		t.Error("one that was cancelled opens")
	}
}

// A journal that is damaged, or not the one that was written: gate comes up and says so, opens to nobody, looks at
// nothing and changes nothing on the disk; the way out and the lock are what they were. With the right journal it goes on.
func TestLostJournal(t *testing.T) {
	t.Parallel()
	events, checkpoint := filepath.Join("journal", "events"), filepath.Join("journal", "checkpoint")
	for name, how := range ways {
		for _, file := range []string{events, checkpoint} {
			if file == checkpoint && name == "it is gone" {
				continue // as before the first was signed
			}
			t.Run(file+", "+name, func(t *testing.T) {
				t.Parallel()
				h, d := ready(t)
				h.end() // signs
				path := filepath.Join(h.dir, "gate", file)
				right, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if err := how(path); err != nil {
					t.Fatal(err)
				}
				before := h.onDisk()
				h.start()
				h.link.state("a locked door and the alarm", func(s wire.State) bool {
					return s.Alarm == wire.JournalBroken && s.Door == wire.DoorClosed && s.Bolt == wire.BoltLocked && s.Camera == wire.CameraIsOff && s.Delivery == ""
				})
				h.types("*" + d.secret.Code.Digits())
				if got := no(t, h.try(d, d.secret.Scanned())); got.Reason != wire.DiskTrouble {
					t.Errorf("the right code: %+v", got)
				}
				h.link.send(pipe.TypeNote, h.sign(h.terms(func(p *pass.Terms) { p.Delivery = "another" }).terms))
				if got := no(t, h.try(d, d.secret.Scanned())); got.Reason != wire.DiskTrouble {
					t.Errorf("the right code, after another pass: %+v", got)
				}
				if n := h.energised(); n > 0 {
					t.Errorf("the coil had current %d times", n)
				}
				if h.pull() {
					t.Error("the door opens")
				}
				h.end()
				if after := h.onDisk(); !maps.Equal(before, after) {
					t.Error("the disk was changed")
				}
				if err := os.WriteFile(path, right, 0o600); err != nil {
					t.Fatal(err)
				}
				h.start()
				h.live()
				if l := h.try(d, d.secret.Scanned()); l.Kind != wire.LetterTried {
					t.Errorf("with the right journal: %s %s", l.Kind, l.Body)
				}
			})
		}
	}
}

// onDisk is what gate keeps, by its files' names.
func (h *home) onDisk() map[string]string {
	h.t.Helper()
	all := map[string]string{}
	root := os.DirFS(filepath.Join(h.dir, "gate"))
	err := fs.WalkDir(root, ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := fs.ReadFile(root, path)
		all[path] = string(b)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return all
}
