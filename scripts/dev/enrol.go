package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// identity is what `gate identity` prints.
type identity struct {
	Device  string `json:"device"`
	Sign    string `json:"sign"`
	HPKE    string `json:"hpke"`
	Pairing string `json:"pairing"` // absent once the device has an owner
}

// login is a name and password at the hub's MQTT broker.
type login struct {
	User     string `json:"user"`
	Password string `json:"password"`
}

// device is what the launcher knows of the device it runs.
type device struct {
	id     identity
	reader login
}

// enrol makes the device known to the hub, before either runs: gate says who it is, hub gives it a
// name and password for its broker, link finds them in its folder.
func enrol(ctx context.Context, o options, f *folder) (device, error) {
	id, err := whoIs(ctx, o, f)
	if err != nil {
		return device{}, err
	}
	card, err := json.Marshal(id)
	if err != nil {
		return device{}, err
	}
	// A login means nothing to a hub that has lost its store. Looked at now, as hub makes a new one below.
	if _, err := os.Stat(f.hub(o, hubStore)); errors.Is(err, fs.ErrNotExist) {
		if o.beside != "" {
			return device{}, fmt.Errorf("-beside: no home has run in %s yet: start its first door before this one", o.beside)
		}
		if err := os.Remove(f.room("hub", readerFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return device{}, fmt.Errorf("forget the reader's old password: %w", err)
		}
	}
	var link map[string]any // hub's affair, but for the address
	if err := ask(ctx, o, &link, card, "hub", "enrol", "-state", f.hub(o), "-identity", "-"); err != nil {
		return device{}, err
	}
	link["hub"] = "mqtt://" + o.mqtt
	text, err := json.MarshalIndent(link, "", "  ")
	if err != nil {
		return device{}, err
	}
	if err := f.save(append(text, '\n'), "link", "link.json"); err != nil {
		return device{}, fmt.Errorf("tell link where the hub is: %w", err)
	}
	reader, err := readerLogin(ctx, o, f)
	return device{id: id, reader: reader}, err
}

const (
	hubStore   = "hub.db"      // where hub keeps what it knows, in its folder
	readerFile = "reader.json" // beside it, so that both go together
	readerName = "desk"        // hub makes it reader-desk
)

// readerLogin returns the login that the terminal and the desk page tell. It stays the same from start
// to start, so that whoever listens with it goes on.
func readerLogin(ctx context.Context, o options, f *folder) (login, error) {
	var reader login
	text, err := os.ReadFile(f.hub(o, readerFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return login{}, fmt.Errorf("read the reader's password: %w", err)
	}
	// What cannot be read is replaced.
	if err == nil && json.Unmarshal(text, &reader) == nil && reader.User != "" && reader.Password != "" {
		return reader, nil
	}
	if o.beside != "" { // its launcher's to replace: the login that it told would end
		return login{}, fmt.Errorf("-beside: the launcher in %s has kept no reader's password: start it anew", o.beside)
	}
	reader = login{}
	if err := ask(ctx, o, &reader, nil, "hub", "reader", "-state", f.room("hub"), "-name", readerName); err != nil {
		return login{}, err
	}
	if text, err = json.Marshal(reader); err != nil {
		return login{}, err
	}
	if err := f.save(append(text, '\n'), "hub", readerFile); err != nil {
		return login{}, fmt.Errorf("keep the reader's password: %w", err)
	}
	return reader, nil
}

func whoIs(ctx context.Context, o options, f *folder) (identity, error) {
	var id identity
	if err := ask(ctx, o, &id, nil, "gate", "identity", "-state", f.room("gate")); err != nil {
		return identity{}, err
	}
	if id.Device == "" || id.Sign == "" {
		return identity{}, errors.New("gate identity: it does not say who the device is")
	}
	return id, nil
}

// ask runs one of the programs for an answer in JSON.
func ask(ctx context.Context, o options, answer any, input []byte, name string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(o.bin, name), args...)
	cmd.Stdin = bytes.NewReader(input)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, args[0], err, strings.TrimSpace(said.String()))
	}
	if err := json.Unmarshal(out.Bytes(), answer); err != nil {
		return fmt.Errorf("%s %s: its answer is no JSON: %w", name, args[0], err)
	}
	return nil
}

// ownerLink returns the link that the owner opens: to pair as long as the device has no owner.
func (id identity) ownerLink(o options) (string, error) {
	app := "http://" + o.http + "/#/"
	if id.Pairing == "" {
		return app, nil
	}
	key, err := base64url(id.Sign)
	if err != nil {
		return "", fmt.Errorf("the device's key: %w", err)
	}
	secret, err := base64url(id.Pairing)
	if err != nil {
		return "", fmt.Errorf("the device's pairing secret: %w", err)
	}
	// In the order in which a person would say it; url.Values sorts.
	return app + "pair?device=" + url.QueryEscape(id.Device) + "&key=" + key + "&secret=" + secret +
		"&zone=" + o.zone + "&lamp=" + o.lamp, nil
}

// base64url writes bytes in the one form that a link has, whichever usual form they come in.
func base64url(text string) (string, error) {
	for _, decode := range []func(string) ([]byte, error){
		base64.RawURLEncoding.DecodeString, base64.URLEncoding.DecodeString,
		base64.RawStdEncoding.DecodeString, base64.StdEncoding.DecodeString, hex.DecodeString,
	} {
		if b, err := decode(text); err == nil {
			return base64.RawURLEncoding.EncodeToString(b), nil
		}
	}
	return "", errors.New("it is not base64")
}
