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

	"vestibule/firmware/pipe"
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

// admit verifies a pass, with its amendment, for this device and this moment: gate's time, and
// what has passed since it was said. The folder is read anew each time: the device may have got its owner
// since. The error is a *refusal.
func (t Trust) admit(w pipe.Wake, passed time.Duration) (pass.Pass, error) {
	now := w.Now.Add(passed)
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
	p, err := open(w, pass.NewAuthority(pass.KeyID(device), owner, 0))
	if err != nil {
		return pass.Pass{}, &refusal{whyNot(err), err}
	}
	terms := p.Terms()
	switch {
	case w.Now.IsZero():
		return pass.Pass{}, &refusal{wire.ClockUnsure, errors.New("gate does not say what time it is")}
	case now.Before(terms.From):
		return pass.Pass{}, &refusal{wire.TooEarly, fmt.Errorf("the window opens at %v, it is %v", terms.From, now.UTC())}
	case !now.Before(terms.Until):
		return pass.Pass{}, &refusal{wire.WindowOver, fmt.Errorf("the window closed at %v, it is %v", terms.Until, now.UTC())}
	}
	return p, nil
}

// open opens a pass and its amendment by the owner's key and by what the owner granted. That
// nothing was revoked since, only gate can know.
func open(w pipe.Wake, may *pass.Authority) (pass.Pass, error) {
	for _, note := range w.Proof {
		if _, _, err := may.Take(note); err != nil {
			return pass.Pass{}, err
		}
	}
	p, err := may.OpenPass(w.Pass)
	if err == nil && w.Amendment != nil {
		p, err = may.Amend(p, w.Amendment)
	}
	return p, err
}

func whyNot(err error) wire.Reason {
	switch {
	case errors.Is(err, pass.ErrTooLarge):
		return wire.TooLarge
	case errors.Is(err, pass.ErrSignature):
		return wire.BadSignature
	case errors.Is(err, pass.ErrOther):
		return wire.OtherDevice
	case errors.Is(err, pass.ErrNotGranted):
		return wire.NotGranted
	case errors.Is(err, pass.ErrGrantOver):
		return wire.GrantOver
	}
	return wire.Unreadable
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
