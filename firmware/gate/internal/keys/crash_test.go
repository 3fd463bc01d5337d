package keys

import (
	"crypto/ed25519"
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

const child = "VESTIBULE_KEYS_IN"

// TestMaking is what TestEveryCrash watches; what others may rely on from then on is said.
func TestMaking(t *testing.T) {
	dir := os.Getenv(child)
	if dir == "" {
		t.Skip("is run by TestEveryCrash")
	}
	owner := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)).Public().(ed25519.PublicKey)
	for life := range 3 {
		k, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		i := k.Identity()
		fmt.Println("is", i.Device, i.HPKE)
		if i.Pairing != "" {
			fmt.Println("pairing", i.Pairing)
		}
		if life != 1 {
			continue
		}
		if err := k.Pair(owner, "Camille", pass.PairMAC(k.Pairing(), k.Device(), owner)); err != nil {
			t.Fatal(err)
		}
		fmt.Println("paired")
	}
}

// The power goes after every call: the device is who it said it is, the link that it has shown
// still pairs, and once it has an owner it keeps that owner and no link pairs any more.
func TestEveryCrash(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestMaking$", "-test.count=1")
	cmd.Env = append(os.Environ(), child+"="+filepath.Join(root, "keys"))
	tr := powercut.Record(t, root, cmd)
	dir, states := powercut.Fast(t), 0
	tr.Each(func(s powercut.State) {
		states++
		s.Put(t, filepath.Join(dir, "s"))
		k, err := Open(filepath.Join(dir, "s", "keys"))
		if err != nil {
			t.Fatalf("%v: %v", s, err)
		}
		i := k.Identity()
		said := s.SaidLines()
		for _, line := range said {
			if strings.HasPrefix(line, "is ") && line != fmt.Sprint("is ", i.Device, " ", i.HPKE) {
				t.Fatalf("%v: it was %q and is %+v", s, line, i)
			}
			if secret, ok := strings.CutPrefix(line, "pairing "); ok && !k.Paired() && i.Pairing != secret {
				t.Fatalf("%v: the link that was shown does not pair", s)
			}
		}
		if slices.Contains(said, "paired") && !k.Paired() {
			t.Fatalf("%v: it has lost its owner", s)
		}
		if k.Paired() && len(k.Pairing()) > 0 {
			t.Fatalf("%v: it has an owner, and its link pairs another", s)
		}
	})
	t.Logf("%d calls, %d states after a loss of power", len(tr.Ops), states)
}
