package watch

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// Trust is the folder in which gate leaves what eye believes: owner.pub, the key that
// every pass has to be signed with, and device.pub, the device's own, whose id a pass has
// to name. Both in base64url on one line.
type Trust struct{ Dir string }

// refusal is why a pass opens no camera: a word for the log that people read, and the cause.
type refusal struct {
	reason wire.Reason
	cause  error
}

func (r *refusal) Error() string { return string(r.reason) + ": " + r.cause.Error() }
func (r *refusal) Unwrap() error { return r.cause }

// admit verifies a pass for this device and this moment. The folder is read anew each
// time: the device may have got its owner since. The error is a *refusal.
func (t Trust) admit(note []byte, now time.Time) (pass.Pass, error) {
	owner, err := t.key("owner.pub")
	if errors.Is(err, fs.ErrNotExist) {
		return pass.Pass{}, &refusal{wire.NotPaired, err}
	}
	if err != nil {
		return pass.Pass{}, &refusal{wire.BadSignature, err}
	}
	device, err := t.key("device.pub")
	if err != nil {
		return pass.Pass{}, &refusal{wire.OtherDevice, err}
	}
	p, err := pass.OpenPass(note, owner)
	switch {
	case errors.Is(err, pass.ErrTooLarge):
		return pass.Pass{}, &refusal{wire.TooLarge, err}
	case errors.Is(err, pass.ErrSignature):
		return pass.Pass{}, &refusal{wire.BadSignature, err}
	case err != nil:
		return pass.Pass{}, &refusal{wire.Unreadable, err}
	}
	terms := p.Terms()
	switch id := pass.KeyID(device); {
	case terms.Device != id:
		return pass.Pass{}, &refusal{wire.OtherDevice, fmt.Errorf("the pass is for %s, this is %s", terms.Device, id)}
	case now.Before(terms.From):
		return pass.Pass{}, &refusal{wire.TooEarly, fmt.Errorf("the window opens at %v, it is %v", terms.From, now.UTC())}
	case !now.Before(terms.Until):
		return pass.Pass{}, &refusal{wire.WindowOver, fmt.Errorf("the window closed at %v, it is %v", terms.Until, now.UTC())}
	}
	return p, nil
}

func (t Trust) key(name string) (ed25519.PublicKey, error) {
	b, err := os.ReadFile(filepath.Join(t.Dir, name))
	if err != nil {
		return nil, err
	}
	k, err := pass.DecodeKey(strings.TrimSpace(string(b)))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return k, nil
}
