package pass_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"vestibule/hub/pass"
)

func TestSignGrantRefusesWhatOpenGrantWould(t *testing.T) {
	for _, c := range []struct {
		what  string
		spoil func(member, installer *pass.Grant)
		ok    bool
	}{
		{"as they are", func(_, _ *pass.Grant) {}, true},
		{"the longest there are", func(m, i *pass.Grant) {
			m.Until, i.Until = m.From.Add(pass.MaxMember), i.From.Add(pass.MaxInstaller)
			m.Name, i.Name = strings.Repeat("é", pass.MaxName/2), "x"
		}, true},
		{"a second too long", func(m, i *pass.Grant) {
			m.Until, i.Until = m.From.Add(pass.MaxMember+time.Second), i.From.Add(pass.MaxInstaller+time.Second)
		}, false},
		{"for no time", func(m, i *pass.Grant) { m.Until, i.Until = m.From, i.From }, false},
		{"backwards", func(m, i *pass.Grant) { m.Until, i.Until = m.From.Add(-1e9), i.From.Add(-1e9) }, false},
		{"no right", func(m, i *pass.Grant) { m.May, i.May = 0, 0 }, false},
		{"an unknown right alone", func(m, i *pass.Grant) { m.May, i.May = 1<<7, 1<<7 }, false},
		{"no name", func(m, i *pass.Grant) { m.Name, i.Name = "", "" }, false},
		{"two lines in one", func(m, i *pass.Grant) { m.Name, i.Name = "x\nrole member", "x\nrole member" }, false},
		{"no role", func(m, i *pass.Grant) { m.Role, i.Role = "", "" }, false},
		{"no key", func(m, i *pass.Grant) { m.Key, i.Key = nil, nil }, false},
	} {
		h := newHome(t)
		c.spoil(&h.grant, &h.fitting)
		for _, g := range []pass.Grant{h.grant, h.fitting} {
			if _, err := pass.SignGrant(g, h.owner); (err == nil) != c.ok || !c.ok && !errors.Is(err, pass.ErrForm) {
				t.Errorf("%s, a %s: %v", c.what, g.Role, err)
			}
		}
	}
}

// TestAnInstallerLetsNobodyIn, however short the grant.
func TestAnInstallerLetsNobodyIn(t *testing.T) {
	h := newHome(t)
	h.fitting.May |= pass.MayDeliver
	if _, err := pass.SignGrant(h.fitting, h.owner); !errors.Is(err, pass.ErrForm) {
		t.Errorf("granted: %v", err)
	}
	h.fitting.Role = pass.Member
	if _, err := pass.SignGrant(h.fitting, h.owner); err != nil {
		t.Errorf("as a member: %v", err)
	}
}

func TestNoRightIsHadByNobody(t *testing.T) {
	if all := pass.Rights(0xff); all.Has(0) || pass.Rights(0).Has(pass.MayLock) || (pass.MayLock | pass.MayWatch).Has(pass.MayLock|pass.MayDeliver) {
		t.Error("a right too many")
	}
	if s := (pass.MayWatch | pass.MayDeliver).String(); s != "deliver,watch" {
		t.Errorf("rights are written %q", s)
	}
}
