package wire

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// color is an enumeration.
type color string

func (color) Values() []string { return []string{"RED", "GREEN"} }

// thing is a remote object.
type thing struct{ id string }

func (t *thing) ID() string { return t.id }

// gadget is a remote object of another class.
type gadget struct{ id string }

func (g *gadget) ID() string { return g.id }

// base is the parent of pair.
type base struct {
	Label string `kurento:"label"`
}

// pair is a structure.
type pair struct {
	base
	Left    int    `kurento:"left"`
	Right   *int   `kurento:"right,optional"`
	Comment string `kurento:"comment,optional,default=none"`
}

// foreign is a structure of a module of its own.
type foreign struct {
	X float32 `kurento:"x"`
}

func (foreign) WireModule() string { return "chroma" }

// everything has a parameter of each kind. All but the text are optional.
type everything struct {
	Text    string         `kurento:"text"`
	Flag    bool           `kurento:"flag,optional,default=true"`
	Int     int            `kurento:"int,optional,default=-3"`
	Long    int64          `kurento:"long,optional"`
	Float   float32        `kurento:"float,optional,default=1.5"`
	Double  float64        `kurento:"double,optional"`
	Color   color          `kurento:"color,optional,default=RED"`
	Maybe   *color         `kurento:"maybe,optional"`
	List    []int          `kurento:"list,optional,default=[]"`
	Map     map[string]int `kurento:"map,optional"`
	Pair    *pair          `kurento:"pair,optional"`
	Pairs   []pair         `kurento:"pairs,optional"`
	Thing   *thing         `kurento:"thing,optional"`
	Things  []*thing       `kurento:"things,optional"`
	Foreign *foreign       `kurento:"foreign,optional"`
}

var errNotFound = errors.New("not found")

func resolve(id string) (Ref, error) {
	switch id {
	case "a", "b":
		return &thing{id}, nil
	case "g":
		return &gadget{id}, nil
	}
	return nil, errNotFound
}

// TestDecodeValues decodes one parameter and looks at it as it is encoded again.
func TestDecodeValues(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"text", `"x"`, `"x"`},
		{"text", `5`, `"5"`},
		{"text", `1.50`, `"1.50"`},
		{"text", `true`, `"true"`},
		{"text", `null`, `""`},
		{"text", `[]`, `'text' parameter should be a string`},
		{"text", `{}`, `'text' parameter should be a string`},

		{"flag", `false`, `false`},
		{"flag", `0`, `false`},
		{"flag", `0.1`, `true`},
		{"flag", `null`, `false`},
		{"flag", `"true"`, `true`}, // as OpenVidu sends it
		{"flag", `"false"`, `false`},
		{"flag", `"1"`, `true`},
		{"flag", `"yes"`, `'flag' parameter should be a boolean`},
		{"flag", `""`, `'flag' parameter should be a boolean`},
		{"flag", `[]`, `'flag' parameter should be a boolean`},

		{"int", `7`, `7`},
		{"int", `-1.7`, `-1`},
		{"int", `1e3`, `1000`},
		{"int", `true`, `1`},
		{"int", `null`, `0`},
		{"int", `2147483647`, `2147483647`},
		{"int", `2147483648`, `'int' parameter should be a integer`},
		{"int", `1e300`, `'int' parameter should be a integer`},
		{"int", `"100"`, `100`},
		{"int", `"1.3F"`, `1`},
		{"int", `"-2px"`, `-2`},
		{"int", `"true"`, `'int' parameter should be a integer`},
		{"int", `"wide"`, `'int' parameter should be a integer`},
		{"int", `"1e999"`, `'int' parameter should be a integer`},
		{"int", `{}`, `'int' parameter should be a integer`},

		{"long", `9223372036854775807`, `9223372036854775807`},
		{"long", `9223372036854775808`, `'long' parameter should be a int64`},
		{"long", `-9223372036854775808`, `-9223372036854775808`},
		{"long", `"42"`, `42`},
		{"long", `"x"`, `'long' parameter should be a int64`},

		{"float", `0.1`, `0.10000000149011612`},
		{"float", `2`, `2.0`},
		{"float", `"1.3F"`, `1.2999999523162842`},
		{"float", `".5"`, `0.5`},
		{"float", `1e39`, `'float' parameter should be a double`},
		{"double", `1e39`, `1e+39`},
		{"double", `false`, `0.0`},
		{"double", `"+1.5e3x"`, `1500.0`},
		{"double", `"e"`, `'double' parameter should be a double`},
		{"double", `"NaN"`, `'double' parameter should be a double`},

		{"color", `"GREEN"`, `"GREEN"`},
		{"color", `"green"`, `Invalid value for 'color'`},
		{"color", `1`, `Invalid value for 'color'`},
		{"color", `null`, `Invalid value for 'color'`},
		{"color", `[]`, `'color' parameter should be a string`},
		{"maybe", `"RED"`, `"RED"`},
		{"maybe", `""`, `Invalid value for 'color'`},

		{"list", `[1,"2",true]`, `[1,2,1]`},
		{"list", `null`, `[]`},
		{"list", `{}`, `'list' parameter should be a list`},
		{"list", `5`, `'list' parameter should be a list`},
		{"list", `["x"]`, `'list' parameter should be a integer`},
		{"map", `{"b":1,"a":2}`, `{"a":2,"b":1}`},
		{"map", `null`, `null`},
		{"map", `[]`, `'map' parameter should be a map`},
		{"map", `{"k":"x"}`, `'k' parameter should be a integer`},

		{"pair", `{"label":"l","left":1}`, `{"__module__":"kurento","__type__":"pair","comment":"none","label":"l","left":1}`},
		{"pair", `{"label":1,"left":"2","right":3,"comment":"c","other":[]}`,
			`{"__module__":"kurento","__type__":"pair","comment":"c","label":"1","left":2,"right":3}`},
		{"pair", `{"__type__":"pair","__module__":"kurento","label":"l","left":1}`,
			`{"__module__":"kurento","__type__":"pair","comment":"none","label":"l","left":1}`},
		{"pair", `{"__type__":"unpair","label":"l","left":1}`, // one of the two is none
			`{"__module__":"kurento","__type__":"pair","comment":"none","label":"l","left":1}`},
		{"pair", `{"__type__":"unpair","__module__":"kurento","label":"l","left":1}`, `Type unpair is not compatible`},
		{"pair", `{"__type__":"pair","__module__":"chroma","label":"l","left":1}`, `Type pair does not exist in module chroma`},
		{"pair", `{"left":1}`, `'label' property should be a string`},
		{"pair", `{"label":"l"}`, `'left' property should be a integer`},
		{"pair", `{"label":"l","left":[]}`, `'left' property should be a integer`},
		{"pair", `null`, `'label' property should be a string`},
		{"pair", `"x"`, `'pair' parameter should be a object`},
		{"pairs", `[{"label":"l","left":1,"right":null}]`,
			`[{"__module__":"kurento","__type__":"pair","comment":"none","label":"l","left":1,"right":0}]`},
		{"foreign", `{"x":1}`, `{"__module__":"chroma","__type__":"foreign","x":1.0}`},

		{"thing", `"a"`, `"a"`},
		{"thing", `"c"`, `not found`},
		{"thing", `12`, `not found`},
		{"thing", `null`, `not found`},
		{"thing", `{}`, `'thing' parameter should be a string`},
		{"thing", `"g"`, `object 'g' is of the wrong class for parameter 'thing'`},
		{"things", `["a","b"]`, `["a","b"]`},
		{"things", `["a","g"]`, `object 'g' is of the wrong class for parameter 'things'`},
	} {
		params := `{"text":"t","` + c.name + `":` + c.in + `}`
		if c.name == "text" {
			params = `{"text":` + c.in + `}`
		}
		var p everything
		if got := decoded(t, params, &p, c.name); got != c.want {
			t.Errorf("%s %s: got %s, want %s", c.name, c.in, got, c.want)
		}
	}
}

// decoded is a decoded parameter as JSON, or the error.
func decoded(t *testing.T, params string, p *everything, name string) string {
	t.Helper()
	if err := Decode(json.RawMessage(params), p, resolve); err != nil {
		return err.Error()
	}
	fields := Fields(reflect.TypeFor[everything]())
	i := slices.IndexFunc(fields, func(f Field) bool { return f.Name == name })
	raw, err := Encode(reflect.ValueOf(*p).Field(fields[i].Index).Interface())
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestErrorsKeepTheirKind(t *testing.T) {
	var param *ParamError
	var typ *TypeError
	var class *WrongClassError
	for _, c := range []struct {
		params string
		target any
	}{
		{`{}`, &param},
		{`{"text":"","int":"x"}`, &param},
		{`{"text":"","pair":{"__type__":"x","__module__":"kurento"}}`, &typ},
		{`{"text":"","thing":"g"}`, &class},
		{`{"text":"","thing":"c"}`, &errNotFound},
	} {
		err := Decode(json.RawMessage(c.params), &everything{}, resolve)
		if err == nil || c.target != &errNotFound && !errors.As(err, c.target) || c.target == &errNotFound && !errors.Is(err, errNotFound) {
			t.Errorf("%s: %T %v", c.params, err, err)
		}
	}
}

func TestDefaults(t *testing.T) {
	var p everything
	if err := Decode(json.RawMessage(`{"text":"t"}`), &p, resolve); err != nil {
		t.Fatal(err)
	}
	want := everything{Text: "t", Flag: true, Int: -3, Float: 1.5, Color: "RED", List: []int{}}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("got %+v, want %+v", p, want)
	}
}

func TestNoParameters(t *testing.T) {
	for _, params := range []string{"", "null", "[]", `"x"`, "{}", " "} {
		var p everything
		err := Decode(json.RawMessage(params), &p, resolve)
		if err == nil || err.Error() != "'text' parameter should be a string" {
			t.Errorf("%q: %v", params, err)
		}
	}
}

// TestPositional: behind a missing optional parameter, the others are not looked at.
func TestPositional(t *testing.T) {
	type params struct {
		A int  `kurento:"a"`
		B *int `kurento:"b,optional"`
		C int  `kurento:"c,optional,default=5"`
	}
	three := 3
	for _, c := range []struct {
		in         string
		positional bool
		want       params
	}{
		{`{"a":1,"b":3,"c":4}`, true, params{1, &three, 4}},
		{`{"a":1,"c":4}`, true, params{1, nil, 5}},
		{`{"a":1,"c":"x"}`, true, params{1, nil, 5}},
		{`{"a":1,"c":4}`, false, params{1, nil, 4}},
		{`{"a":1,"b":3}`, true, params{1, &three, 5}},
	} {
		var p params
		decode := Decode
		if c.positional {
			decode = DecodePositional
		}
		if err := decode(json.RawMessage(c.in), &p, resolve); err != nil || !reflect.DeepEqual(p, c.want) {
			t.Errorf("%s: got %+v, %v, want %+v", c.in, p, err, c.want)
		}
	}
}

func TestEncode(t *testing.T) {
	five := 5
	var noThing *thing
	var noRef Ref
	for _, c := range []struct {
		in   any
		want string
	}{
		{nil, `null`},
		{Void{}, `null`},
		{true, `true`},
		{-7, `-7`},
		{int64(math.MinInt64), `-9223372036854775808`},
		{uint64(math.MaxUint64), `18446744073709551615`},
		{0.0, `0.0`},
		{float32(0.1), `0.10000000149011612`},
		{30.0, `30.0`},
		{-1234567.0, `-1234567.0`},
		{1795187532.358, `1795187532.358`},
		{1e16, `10000000000000000.0`},
		{1e17, `1e+17`},
		{0.00012, `0.00012`},
		{0.000012, `1.2e-05`},
		{math.NaN(), `null`},
		{math.Inf(1), `null`},
		{"né € 😀 / \\ \" \t \u0001 \u007f <&> \u2028", `"n\u00e9 \u20ac \ud83d\ude00 / \\ \" \t \u0001 ` + "\u007f" + ` <&> \u2028"`},
		{"\b\f\n\r", `"\b\f\n\r"`},
		{"\xff", `"\ufffd"`},
		{color("RED"), `"RED"`},
		{&thing{"id/1"}, `"id/1"`},
		{noThing, `null`},
		{noRef, `null`},
		{[]Ref{&thing{"a"}, nil}, `["a",null]`},
		{[]string(nil), `[]`},
		{[]string{}, `[]`},
		{[2]bool{true, false}, `[true,false]`},
		{map[string]int(nil), `null`},
		{map[string]int{}, `null`},
		{map[string]any{"b": 1, "a": []any{nil}}, `{"a":[null],"b":1}`},
		{json.RawMessage(`{"z":1,"a":2}`), `{"z":1,"a":2}`},
		{json.RawMessage(nil), `null`},
		{&five, `5`},
		{pair{base: base{"l"}, Left: 1}, `{"__module__":"kurento","__type__":"pair","comment":"","label":"l","left":1}`},
		{&pair{Right: &five}, `{"__module__":"kurento","__type__":"pair","comment":"","label":"","left":0,"right":5}`},
		{foreign{1}, `{"__module__":"chroma","__type__":"foreign","x":1.0}`},
	} {
		got, err := Encode(c.in)
		if err != nil || string(got) != c.want {
			t.Errorf("%#v: got %s, %v, want %s", c.in, got, err, c.want)
		}
	}
	for _, bad := range []any{make(chan int), func() {}, map[string]any{"c": complex(1, 1)}} {
		if got, err := Encode(bad); err == nil {
			t.Errorf("%T is encoded as %s", bad, got)
		}
	}
	deep := any("end")
	for range MaxDepth + 1 {
		deep = []any{deep}
	}
	if _, err := Encode(deep); err == nil {
		t.Error("there is no end to the depth")
	}
}

func TestMembers(t *testing.T) {
	got := Members(pair{base: base{"l"}, Left: 1})
	want := map[string]any{"label": "l", "left": 1, "comment": ""}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTypeName(t *testing.T) {
	refName := func(t reflect.Type) string { return "Class:" + t.String() }
	for want, typ := range map[string]reflect.Type{
		"":                    reflect.TypeFor[Void](),
		"String":              reflect.TypeFor[string](),
		"boolean":             reflect.TypeFor[bool](),
		"int":                 reflect.TypeFor[*int](),
		"int64":               reflect.TypeFor[int64](),
		"float":               reflect.TypeFor[float32](),
		"double":              reflect.TypeFor[float64](),
		"color":               reflect.TypeFor[color](),
		"pair[]":              reflect.TypeFor[[]pair](),
		"pair<>":              reflect.TypeFor[map[string]pair](),
		"Class:*wire.thing[]": reflect.TypeFor[[]*thing](),
	} {
		if got := TypeName(typ, refName); got != want {
			t.Errorf("%s: got %q, want %q", typ, got, want)
		}
	}
}

func TestWalk(t *testing.T) {
	var names []string
	Walk(reflect.TypeFor[everything](), func(t reflect.Type) { names = append(names, t.Name()) })
	if got := strings.Join(names, " "); got != "everything color pair base foreign" {
		t.Errorf("got %s", got)
	}
	if got := EnumValues(reflect.TypeFor[color]()); !slices.Equal(got, []string{"RED", "GREEN"}) {
		t.Errorf("got %v", got)
	}
	if got := EnumValues(reflect.TypeFor[pair]()); got != nil {
		t.Errorf("got %v", got)
	}
	if got := ParentOf(reflect.TypeFor[pair]()); got != reflect.TypeFor[base]() {
		t.Errorf("got %v", got)
	}
}

func TestBadTagsPanic(t *testing.T) {
	type nameless struct {
		X int `kurento:""`
	}
	type unknownFlag struct {
		X int `kurento:"x,maybe"`
	}
	type defaultOnly struct {
		X int `kurento:"x,default=1"`
	}
	for _, typ := range []reflect.Type{reflect.TypeFor[nameless](), reflect.TypeFor[unknownFlag](), reflect.TypeFor[defaultOnly]()} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s is taken", typ)
				}
			}()
			Fields(typ)
		}()
	}
}

// FuzzDecode: whatever is sent is refused, or decoded into something that can be encoded.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"text":"t","flag":1,"int":"1.3F","long":"42","float":0.1,"double":1e3,"color":"RED","maybe":"GREEN"}`,
		`{"text":null,"list":[1,"2"],"map":{"a":1},"pair":{"label":"l","left":1,"__type__":"pair","__module__":"kurento"}}`,
		`{"text":{},"pairs":[{"label":1}],"thing":"a","things":["a","g"],"foreign":{"x":1}}`,
		`[]`, `null`, `{"text":`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var p everything
		if Decode(raw, &p, resolve) == nil {
			if out, err := Encode(p); err != nil || !json.Valid(out) {
				t.Errorf("%s %v", out, err)
			}
		}
		_ = DecodePositional(raw, &p, resolve)
	})
}
