package book

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vestibule/firmware/gate/internal/powercut"
	"vestibule/hub/pass"
)

const child = "VESTIBULE_BOOK_IN"

// TestWriting is what TestEveryCrash watches; what is on the disk is said.
func TestWriting(t *testing.T) {
	dir := os.Getenv(child)
	if dir == "" {
		t.Skip("is run by TestEveryCrash")
	}
	must := func(said string, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(said)
	}
	b, err := Open(dir)
	must("open", err)
	must("pass a, epoch 1", b.Keep(signed(t, "a", 1)))
	_, err = b.KeepTint("a", colours(1))
	must("tint a 1", err)
	must("grant k", b.KeepGrant("k", []byte("a grant")))
	must("pass b, epoch 7", b.Keep(signed(t, "b", 7)))
	fmt.Println("dropping a")
	must("dropped a", b.Drop("a"))
	_, err = b.KeepTint("b", colours(2))
	must("tint b 2", err)
	must("cut b 5", b.KeepCut("b", "5"))
	b, err = Open(dir)
	must("open", err)
	must("tidy", b.Tidy())
	standing, err := b.KeepTint("b", colours(3))
	must(fmt.Sprint("tint b ", standing[0]), err)
	must("cut b 5", b.KeepCut("b", "6"))
	must("grant k", b.KeepGrant("k", []byte("a newer grant")))
	must("pass c, epoch 9", b.Keep(signed(t, "c", 9)))
}

// The power goes after every call: the book opens, has every pass that was kept, no epoch
// older than one that was said, and of each tint and cut the one that was shown.
func TestEveryCrash(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestWriting$", "-test.count=1")
	cmd.Env = append(os.Environ(), child+"="+filepath.Join(root, "passes"))
	tr := powercut.Record(t, root, cmd)
	dir, states := powercut.Fast(t), 0
	tr.Each(func(s powercut.State) {
		states++
		s.Put(t, filepath.Join(dir, "s"))
		b, err := Open(filepath.Join(dir, "s", "passes"))
		if err != nil {
			t.Fatalf("%v: %v", s, err)
		}
		notes, err := b.Notes()
		if err != nil {
			t.Fatalf("%v: %v", s, err)
		}
		var there []string
		for _, n := range notes {
			p, err := pass.OpenPass(n, publicOwner())
			if err != nil {
				t.Fatalf("%v: a pass that is none: %v", s, err)
			}
			there = append(there, p.Terms().Delivery)
		}
		said := s.SaidLines()
		for i, line := range said {
			var name string
			var number uint64
			dropped := func() bool { return slices.Contains(said[i:], "dropping "+name) }
			if _, err := fmt.Sscanf(strings.ReplaceAll(line, ",", ""), "pass %s epoch %d", &name, &number); err == nil {
				if !slices.Contains(there, name) && !dropped() {
					t.Fatalf("%v: pass %s is lost", s, name)
				}
				if b.Epoch() < number {
					t.Fatalf("%v: epoch %d, and %d was kept", s, b.Epoch(), number)
				}
			}
			if _, err := fmt.Sscanf(line, "tint %s %d", &name, &number); err == nil {
				got, err := b.Tint(name)
				if !dropped() && (err != nil || got[0] != byte(number)) {
					t.Fatalf("%v: tint %d of %s was shown, and there is %v, %v", s, number, name, got, err)
				}
			}
			if line == "cut b 5" {
				if cut, err := b.Cut("b"); err != nil || cut != "5" {
					t.Fatalf("%v: the cut was 5, and there is %q, %v", s, cut, err)
				}
			}
			if line == "grant k" {
				if grants, err := b.Grants(); err != nil || len(grants) != 1 || !strings.HasSuffix(string(grants[0]), "grant") {
					t.Fatalf("%v: grants %q, %v", s, grants, err)
				}
			}
		}
		for _, name := range there {
			if got, err := b.Tint(name); err == nil && got == nil || err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatalf("%v: the tint of %s is damaged: %v", s, name, err)
			}
			if cut, err := b.Cut(name); cut == Damaged {
				t.Fatalf("%v: the cut of %s: %v", s, name, err)
			}
		}
		if err := b.Tidy(); err != nil {
			t.Fatalf("%v: %v", s, err)
		}
	})
	t.Logf("%d calls, %d states after a loss of power", len(tr.Ops), states)
}

func publicOwner() ed25519.PublicKey { return owner.Public().(ed25519.PublicKey) }
