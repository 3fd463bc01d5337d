package pass_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"vestibule/hub/pass"
)

const codesFile = "testdata/codes.json"

// codesVector is testdata/codes.json: how what somebody typed or scanned compares with a
// delivery's secret, and which texts are a QR form.
type codesVector struct {
	About   string          `json:"about"`
	Codes   []typedVector   `json:"codes"`
	QR      qrVector        `json:"qr"`
	Refused []refusedVector `json:"refused"` // no QR form
}

// typedVector is one secret and what is given for it.
type typedVector struct {
	Code   string        `json:"code"`
	Forced string        `json:"forced"` // the code under duress
	Key    string        `json:"key"`
	Given  []givenVector `json:"given"`
}

type givenVector struct {
	Text   string `json:"text"`
	Result string `json:"result"` // matches, duress, no_match, typo or no_code
	Form   string `json:"form"`   // digits or scanned
}

type qrVector struct {
	Origin   string `json:"origin"`
	Delivery string `json:"delivery"`
	Device   string `json:"device"`
	Key      string `json:"key"`
	Text     string `json:"text"`
}

func resultOf(m pass.Match, err error) string {
	switch {
	case errors.Is(err, pass.ErrTypo):
		return "typo"
	case errors.Is(err, pass.ErrNoCode):
		return "no_code"
	}
	return map[pass.Match]string{pass.NoMatch: "no_match", pass.Matches: "matches", pass.Duress: "duress"}[m]
}

func formOf(scanned bool) string {
	if scanned {
		return "scanned"
	}
	return "digits"
}

func TestCodesVectors(t *testing.T) {
	f := newFixture(t)
	v := codesVector{About: "How what was typed or scanned compares with a secret; keys are base64url without padding."}
	for _, name := range []string{"code", "second code", "third code", "fourth code"} {
		c, err := pass.NewCode(bytes.NewReader(seed(name)))
		if err != nil {
			t.Fatal(err)
		}
		s := pass.Secret{Code: c}
		copy(s.Key[:], seed("key of "+name))
		other := s
		other.Key[7] ^= 0x10
		d := c.Digits()
		w := typedVector{Code: d, Forced: c.Forced(), Key: s.Scanned()}
		texts := []string{c.String(), c.Forced(), " " + strings.ReplaceAll(c.String(), " ", "-"), d[:3] + "\u202f" + d[3:], d[1:], d + "0", "",
			f.secret.Code.Forced(), "000000000", d[:8] + "\n", "٠٠٠٠٠٠٠٠٠", s.Scanned(), other.Scanned(), s.Scanned() + "=", loosen(s.Key[:]), strings.Repeat("A", 22)}
		for last := range 10 {
			texts = append(texts, d[:8]+string(rune('0'+last)))
		}
		for _, text := range texts {
			m, scanned, err := s.Match(text)
			w.Given = append(w.Given, givenVector{text, resultOf(m, err), formOf(scanned)})
		}
		v.Codes = append(v.Codes, w)
	}
	q := f.qr()
	v.QR = qrVector{q.Origin, q.Delivery, pass.EncodeKey(q.Device), q.Given(), q.Text()}
	v.Refused = qrRefusals(f)
	published(t, codesFile, v)
}

// TestCodesVectorsOpen reads the published file as a stranger would.
func TestCodesVectorsOpen(t *testing.T) {
	var v codesVector
	b, err := os.ReadFile(codesFile)
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range v.Codes {
		code, err := pass.ParseCode(w.Code)
		if err != nil || code.Forced() != w.Forced {
			t.Fatalf("%s under duress is %q, %v", w.Code, code.Forced(), err)
		}
		key, err := pass.ParseScanned(w.Key)
		if err != nil {
			t.Fatal(err)
		}
		results := map[string]int{}
		for _, g := range w.Given {
			m, scanned, err := pass.Secret{Code: code, Key: key}.Match(g.Text)
			if got := resultOf(m, err); got != g.Result || formOf(scanned) != g.Form {
				t.Errorf("%q for %s: %s, %s, want %s, %s", g.Text, w.Code, got, formOf(scanned), g.Result, g.Form)
			}
			results[g.Result]++
		}
		if len(results) != 5 {
			t.Errorf("%s: results %v", w.Code, results)
		}
	}
	q, err := pass.ParseQR(v.QR.Text)
	if err != nil || q.Origin != v.QR.Origin || q.Delivery != v.QR.Delivery || pass.EncodeKey(q.Device) != v.QR.Device || q.Given() != v.QR.Key {
		t.Errorf("QR %+v, %v", q, err)
	}
	if len(v.Refused) < 40 {
		t.Errorf("%d refusals published", len(v.Refused))
	}
	for _, r := range v.Refused {
		if _, err := pass.ParseQR(r.Note); err == nil {
			t.Errorf("accepted although %s", r.Why)
		}
	}
}
