package e2e

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// tints are the colours of the interior that are on the device's disk.
func (d *desk) tints() ([]string, error) {
	names, err := filepath.Glob(filepath.Join(d.dir, "gate", "passes", "*.tint"))
	if err != nil {
		return nil, err
	}
	var all []string
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			return nil, err
		}
		all = append(all, string(b))
	}
	return all, nil
}

// spent is what the owner's page is told of the interior.
func (p *phone) spent() (wire.Spent, error) {
	var me struct {
		Devices []struct{ State *wire.State }
	}
	if err := p.request(http.MethodGet, "/api/me", nil, &me); err != nil {
		return wire.Spent{}, err
	}
	if len(me.Devices) != 1 || me.Devices[0].State == nil || me.Devices[0].State.Spent == nil {
		return wire.Spent{}, fmt.Errorf("nothing is said of it: %+v", me)
	}
	return *me.Devices[0].State.Spent, nil
}

// remember has the device keep how its camera stands.
func (p *phone) remember(delivery string) (wire.Letter, error) {
	o := pass.Order{Device: p.card.Device, Verb: pass.Remember, Delivery: delivery, At: time.Now().UTC().Truncate(time.Second)}
	if _, err := rand.Read(o.Nonce[:]); err != nil {
		return wire.Letter{}, err
	}
	note, err := pass.SignOrder(o, p.key)
	if err != nil {
		return wire.Letter{}, err
	}
	return p.letter(p.card.Device, wire.LetterRemember, wire.Remember{Order: string(note)})
}

// A delivery gives away 216 bytes of colour, once, although eye and gate are killed; and how
// the camera stands is kept, asked for, and missed when it is not there.
func TestInterior(t *testing.T) {
	t.Parallel()
	d := startDesk(t, "-size", "640x480", "-fps", "15")
	p := pairedPhone(t, d)
	m := d.mark()
	first := p.plan(0, time.Hour, nil)
	p.awake(m)
	var tint string
	d.wait("the delivery's colours are on the disk", func() error {
		all, err := d.tints()
		if err == nil && (len(all) != 1 || len(all[0]) != 216) {
			err = fmt.Errorf("%d files", len(all))
		}
		if err == nil {
			tint = all[0]
		}
		return err
	})
	same := func(when string) {
		t.Helper()
		d.wait("the owner is told of 216 bytes "+when, func() error {
			s, err := p.spent()
			if err == nil && s.Colour != 216 {
				err = fmt.Errorf("%+v", s)
			}
			return err
		})
		if all, err := d.tints(); err != nil || len(all) != 1 || all[0] != tint {
			t.Errorf("%s: %d files, the same %v, %v", when, len(all), len(all) == 1 && all[0] == tint, err)
		}
	}
	same("at first")
	m = d.mark()
	d.kill("eye")
	d.event(m, wire.CameraBack)
	same("after eye's death")
	m = d.mark()
	d.kill("gate")
	d.event(m, wire.Started)
	d.wake(m)
	same("after gate's death")

	var kept wire.Remembered
	d.wait("the device remembers how its camera stands", func() error {
		l, err := p.remember(first.terms.Delivery)
		if err != nil {
			return err
		}
		if l.Kind != wire.LetterRemembered {
			return fmt.Errorf("%s %s", l.Kind, l.Body)
		}
		return json.Unmarshal(l.Body, &kept)
	})
	stand, err := pass.OpenReference([]byte(kept.Reference), p.card.Sign)
	if err != nil || stand.Delivery != first.terms.Delivery || stand.Device != p.card.Device {
		t.Fatalf("%+v, %v", stand, err)
	}
	if e := d.event(m, wire.StandKept); e.Delivery != first.terms.Delivery {
		t.Errorf("%+v", e)
	}
	m = d.mark()
	p.order(pass.Cancel, first.terms.Delivery)
	if e := d.event(m, wire.CameraOff); e.Spent == nil || e.Spent.Colour != 216 {
		t.Errorf("%+v", e)
	}

	m = d.mark()
	second := p.plan(0, time.Hour, func(t *pass.Terms) { t.Reference = stand.Sum[:] })
	p.awake(m)
	m = d.mark()
	p.order(pass.Cancel, second.terms.Delivery)
	d.event(m, wire.CameraOff)
	m = d.mark()
	p.plan(0, time.Hour, func(t *pass.Terms) { t.Reference = make([]byte, 32) })
	d.event(m, wire.WindowOpened)
	d.keys("*")
	if e := d.event(m, wire.CameraFault); e.Reason != wire.ReferenceBad {
		t.Errorf("a stand that nobody keeps: %+v", e)
	}
}
