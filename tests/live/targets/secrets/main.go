// SPDX-License-Identifier: BSD-2-Clause

// Secrets in every shape of value, each under a name that says so or in a text that does: PLANT must come out nowhere.
// Everything else that is a text holds VISIBLE.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"

	. "example.com/targets/truth"
)

// PLANT is put together at run time, so that it stands in no other text of the program.
var PLANT = "pl4nt" + fmt.Sprint(len(os.Args)) + "ed-5ecret"

// PIN is the secret that is a number.
var PIN = 424242000 + 424*len(os.Args)

const VISIBLE = "visible"

type User struct {
	Name     string
	Password string
	Age      int
}

type Base struct{ APIKey string }

type Account struct {
	Base
	User  *User
	Creds map[string]string
	Token []byte
}

type Passphrase string

type Attr struct {
	Key   string
	Value interface{}
}

type failure struct{ text string }

func (f *failure) Error() string { return f.text }

var sink int

func keep(n int) { sink += n }

//go:noinline
func login(user, password string) { keep(len(user) + len(password)) }

//go:noinline
func byPointer(u *User) { keep(u.Age) }

//go:noinline
func byValue(u User) { keep(u.Age) }

//go:noinline
func bySlice(us []User) { keep(len(us)) }

//go:noinline
func byArray(us *[2]User) { keep(us[0].Age) }

//go:noinline
func byMap(m map[string]string) { keep(len(m)) }

//go:noinline
func byMapOfUsers(m map[string]*User) { keep(len(m)) }

//go:noinline
func account(a *Account) { keep(a.User.Age) }

//go:noinline
func credentials(credentials *User) { keep(credentials.Age) }

//go:noinline
func header(h http.Header) { keep(len(h)) }

//go:noinline
func request(r *http.Request) { keep(len(r.Method)) }

//go:noinline
func cookie(c *http.Cookie) { keep(len(c.Name)) }

//go:noinline
func address(u *url.URL) { keep(len(u.Host)) }

//go:noinline
func anything(v interface{}) { keep(1) }

//go:noinline
func anySecret(token interface{}) { keep(1) }

//go:noinline
func failed(err error) { keep(len(err.Error())) }

//go:noinline
func failedOwn(err error) { keep(len(err.Error())) }

//go:noinline
func closure(f func() int) { keep(f()) }

//go:noinline
func channel(c chan User) { keep(len(c)) }

//go:noinline
func named(p Passphrase) { keep(len(p)) }

//go:noinline
func pointers(password *string, tokens []string) { keep(len(*password) + len(tokens)) }

//go:noinline
func number(passcode, otp int) { keep(passcode + otp) }

//go:noinline
func raw(secretKey [4]byte, privateKey []byte) { keep(len(privateKey)) }

//go:noinline
func query(s string) { keep(len(s)) }

//go:noinline
func jsonText(b []byte) { keep(len(b)) }

//go:noinline
func buffer(b *bytes.Buffer) { keep(b.Len()) }

//go:noinline
func lines(s string) { keep(len(s)) }

//go:noinline
func source(dsn string) { keep(len(dsn)) }

//go:noinline
func argv(args []string) { keep(len(args)) }

//go:noinline
func attributes(as []Attr) { keep(len(as)) }

//go:noinline
func contextual(ctx context.Context) {
	if ctx.Err() == nil {
		keep(1)
	}
}

//go:noinline
func getToken(n int) string { return PLANT[:n] }

//go:noinline
func lookUp(n int) (secret string, err error) { return PLANT[:n], nil }

type Token struct{ Value string }

type Holder struct {
	Token
	N int
}

//go:noinline
func keyed(m map[string]string, key string) { keep(len(m[key])) }

//go:noinline
func promoted(h *Holder) { keep(len(h.Value)) }

func main() {
	Start()
	user := func() *User { return &User{VISIBLE, PLANT, 3} }
	secretWord := PLANT
	c := make(chan User, 2)
	c <- *user()
	target, _ := url.Parse("https://" + VISIBLE + ":" + PLANT + "@h/p?a=" + VISIBLE + "&access_token=" + PLANT)
	r, _ := http.NewRequest("GET", "https://h/p?a="+VISIBLE+"&api_key="+PLANT, nil)
	r.Header.Set("Authorization", "Bearer "+PLANT)
	r.Header.Set("Accept", VISIBLE)
	r.AddCookie(&http.Cookie{Name: "id", Value: PLANT})
	json := `{"name":"` + VISIBLE + `","password":"` + PLANT + `","nested":{"client_secret":["` + PLANT + `"]}}`
	text := "Host: " + VISIBLE + "\r\nAuthorization: Basic " + PLANT + "\r\nX-Api-Key: " + PLANT + "\r\n\r\n"

	login(VISIBLE, PLANT)
	byPointer(user())
	byValue(*user())
	bySlice([]User{*user(), *user()})
	byArray(&[2]User{*user(), *user()})
	byMap(map[string]string{"name": VISIBLE, "password": PLANT})
	byMapOfUsers(map[string]*User{VISIBLE: user()})
	account(&Account{Base{PLANT}, user(), map[string]string{VISIBLE: PLANT}, []byte(PLANT)})
	credentials(&User{PLANT, PLANT, 1})
	header(http.Header{"Accept": {VISIBLE}, "Set-Cookie": {"id=" + PLANT}, "X-Auth-Token": {PLANT}})
	request(r)
	cookie(&http.Cookie{Name: VISIBLE, Value: PLANT})
	address(target)
	anything(user())
	anything(*user())
	anything(map[string]interface{}{"name": VISIBLE, "token": PLANT})
	anySecret(PLANT)
	failed(errors.New(VISIBLE + " password=" + PLANT))
	failedOwn(&failure{VISIBLE + ": no user for token=" + PLANT + " there"})
	closure(func() int { return len(secretWord) })
	channel(c)
	named(Passphrase(PLANT))
	pointers(&secretWord, []string{PLANT, PLANT})
	number(PIN, PIN)
	raw([4]byte{PLANT[0], PLANT[1], PLANT[2], PLANT[3]}, []byte(PLANT))
	query("/p?a=" + VISIBLE + "&token=" + PLANT + "&b=" + VISIBLE)
	jsonText([]byte(json))
	buffer(bytes.NewBufferString(json))
	lines(text)
	source("postgres://" + VISIBLE + ":" + PLANT + "@h/db")
	argv([]string{"prog", "--name", VISIBLE, "--password", PLANT, "--token=" + PLANT})
	attributes([]Attr{{"name", VISIBLE}, {"session_id", PLANT}})
	contextual(context.WithValue(context.Background(), "token", PLANT))
	getToken(len(PLANT))
	lookUp(len(PLANT))
	keyed(map[string]string{"name": VISIBLE, "password": PLANT}, "password")
	promoted(&Holder{Token{PLANT}, 1})
	Done()
}
