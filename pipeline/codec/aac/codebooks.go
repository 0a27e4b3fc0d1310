package aac

// The Huffman codebooks (ISO/IEC 14496-3 annex 4.A.1). All of them are canonical
// codes: from one length to the next the code words go on counting upwards. So it takes
// only how many there are of each length, and the values in the order of
// the code words.

// spectralBooks are the codebooks 1 to 11. A code word stands for four values in
// the first four books and for two in the others; each value is written as a
// letter from 'a' on, which is the lowest value (-largest, or 0 without signs).
var spectralBooks = [12]bookSource{
	1: {dimension: 4, signed: true, largest: 1,
		lengths: []int{1, 0, 0, 0, 8, 0, 24, 0, 24, 8, 16},
		values: "bbbbcbbbabbbbbbabcbbbbbcbbabbbcbbabbcabbacbbbbacbcabbacbbbcaccbbbbaaaabbbaabcbabbcbaabcbbbcccbcbbabcbccbbcbcababcbbc" +
			"abbacbbaabbcbabaccabacabcacbbccabcacbaccbacacaabcbacbcaaaccbabcaaacbbaaccabccabaacbaaaabbaaabccccbcaccbcacbccccbaabc" +
			"abaaccbacbaaabacaabaabcccbcccacaacacaccacaacccccaaccccaaaacaaaaaccaccaccacccacaaaaaccaaaccca"},
	2: {dimension: 4, signed: true, largest: 1,
		lengths: []int{0, 0, 1, 1, 7, 24, 15, 19, 14},
		values: "bbbbcbbbabbbbbbcbbabbbbababbbbcbbcbbbacbacbbbcabbbcabcbabbacabbacabbcbabaabbbbaacbcbcbbcbabcabcbbcbcbaababbcbabaabab" +
			"ccbbbccbbbcccbbabcaccbacacabbacacacbccbacbccaccbbaaccccbabcaaaababaccaabccabcabcacbaaacbabccaabcaababaaacbcacbaabcaa" +
			"bcccacbcabaabccacababaccccbccacaacaccaacaaaaaccaacccccccaacacaccacaaaaccccaacaaaaaacccacccca"},
	3: {dimension: 4, signed: false, largest: 2,
		lengths: []int{1, 0, 0, 4, 2, 6, 3, 5, 15, 15, 8, 9, 3, 3, 5, 2},
		values: "aaaabaaaaaababaaaababbaaaabbabbaababbabaabbbbaabbbbabbbbbabbbbabcaaaaaacaabccbaabcbaaacbabcbbcaaabbccbbaaacaacbaabca" +
			"acaaabaccababcbbacbbbbcabbcbbcabbacabacbacabcbbbbbbccbabbabcaaccabccccbabccabaaccaabaccbccaabccbbbaccabbbbccccbbacca" +
			"acbcbaccccabcbcacccaaccccccbcbcbbcbcbcccacaccacabcaccacbcbbccbacccccccbccbcccabccaacccaccacc"},
	4: {dimension: 4, signed: false, largest: 2,
		lengths: []int{0, 0, 0, 10, 6, 0, 9, 21, 8, 14, 11, 2},
		values: "bbbbabbbbbabbbbababbbaaabbaaaaaaaabbbababaababbaaaabababaabaabaacbbbbbcbbcbbbbbccbbacbabbcbacabbabcbabbcbbcaacbbbabc" +
			"bcabbbacbacbcbaacababcaacaababacacbaaabcabcaacabbaacaacbbacacaaaaaacacaaaacabccbccbbcbcbbbccbcbccbbcbccaccbacbcaaccb" +
			"abccccabacbccacbbacccccbbcaccabccbacbccccbccccbcaccaccaaaacccacaacaccaacccccaccccccaccaccacc"},
	5: {dimension: 2, signed: true, largest: 4,
		lengths: []int{1, 0, 0, 4, 4, 0, 4, 12, 12, 12, 18, 10, 4},
		values: "eedefeefedfddfddffceeggeeccdgfdcfgcfgddgfcbeheebehbdfhhfdbbfhdfbdhcgggccgcbchcchgbhgghbgcbeaaeifieadeiiddafidiaffahb" +
			"bbbhciaciggagihhagcaichaabahhibiihibbaiaaiiiaa"},
	6: {dimension: 2, signed: true, largest: 4,
		lengths: []int{0, 0, 0, 9, 0, 16, 13, 8, 23, 8, 4},
		values: "eefeedefdeffdffdddgdgfcfcdcedggefcfgecdceggccgccggbfhfhddhbdfhfbdbhebeebehhgbcchghhcgbcbbghhhbbbbhfadaifafadfiiddiea" +
			"agacgicaaeigicciiegaeibabihaibhiihahabiiaiaaia"},
	7: {dimension: 2, signed: false, largest: 7,
		lengths: []int{1, 0, 2, 1, 0, 4, 5, 10, 14, 15, 8, 4},
		values: "aabaabbbcbbccaacdbbdccdaadcddcbeebbffbddceaeeaeccffcafgbfabgeddfdefdcggcbhdgaggaeehbefhcfegdchhdgeffegdhhaahgffgheeh" +
			"fhhfhgggghhh"},
	8: {dimension: 2, signed: false, largest: 7,
		lengths: []int{0, 0, 1, 5, 7, 10, 14, 15, 8, 4},
		values: "bbcbbabcabccaacaacdbbddccdddebbeeccedaadeddefcfbcfbffddfeefeaeefeacggcgbbgdggdfffageafeghbhcchgfhdbhfgdhgghegaehaghf" +
			"hgghfhhaahhh"},
	9: {dimension: 2, signed: false, largest: 12,
		lengths: []int{1, 0, 2, 1, 0, 4, 3, 8, 11, 20, 31, 38, 32, 14, 4},
		values: "aabaabbbcbbccaacdbccbddaadcddcbeebcebfecddaeeafbcfbgdefcgbedafcgfabhdfbiibeefdgchbagiccidgchefjbbjhcgafegdidahjcdieg" +
			"dhaikbgecjffiahahdkcjdiebkhegffgeiehdjlbfijaifkdckajlcjeggmbejigbljfkefhhfclbmmclddkfjghihleakhgmdkakfekgicmjgjhella" +
			"gjdlfkiihimfdmlfhhmelgkgemhjflalmggkmakhfmhkjiamlhijjjkihlmhglillihmgmikkjimjkjljmklmjkkljmilkmkmlkmlllmmm"},
	10: {dimension: 2, signed: false, largest: 12,
		lengths: []int{0, 0, 0, 3, 8, 14, 17, 25, 31, 41, 22, 8},
		values: "bbbccbccbaabbddcdbcdddcaacceecbeebaaeddedaadeecffcbffbfddffeefgccggdeagbaebgdgffgeeggfhcdhchfgichdfahbafibbhidheehci" +
			"gghfbidiieeifhiffihgghjcgagijddjjbcjagigjeejkcbjhhihjfhikdfjkeckkbdkjggjiaekhalchjldkgbklbjhahiikfdlfkijlfaileclhkgk" +
			"khelblmcjimdlgflmelhmfdmgljakikambajemjjmgcmikjkbmlimhhlfmgmkjilmiakhmlakkljlkallljlklmaimmjkmjmlmmlammkmm"},
	11: {dimension: 2, signed: false, largest: 16,
		lengths: []int{0, 0, 0, 2, 6, 7, 16, 59, 55, 95, 43, 6},
		values: "aabbqqbaabcbbcccbddbdccacdacddebbeecceeddedaadfbfccfeebffddffeefgccggbgddgbgeqdqqfqdqegeqgeaegaecqfffqqhqcqichhcdhgf" +
			"fggqqkhdhbqjhqbqbhehqlheqmiqqbggjqcifhkqqnidicdifaqolqhfeighhgafieqpmqbiiboqfinqdjifhhcjigjcjdpqejgigajefjihhibjkdag" +
			"kcjbjfekckjgdkgjkeiikfjhldbkhakghjdlfkkbellcncgkndclqafllflejihkijaqenahdnlgnbnemdcnnfikglkikhocmeblemlbdmbnmchldofm" +
			"fnoeeolhodmfngmgialicmjjofgnkkpciljkogkjfoljobcogmbmniainhhmmhhnpdmbgocppfpebojlepohinnjimfpdpkllkmipgphiopbhojaajjn" +
			"jmmjoiknojmkgphpjopilllobpkmkonlnklnlmipolnmmnpjokkamljpakmmlamokpnnanompkpllponnaalnopmpnmpoaoonpmaopaoampopaappp"},
}

// scaleFactorBook is the codebook of the differences of scale factors, whose
// values are offset by 60.
var scaleFactorBook = struct {
	lengths []int
	values  []int8
}{
	lengths: []int{1, 0, 1, 3, 2, 4, 3, 5, 4, 6, 6, 6, 5, 8, 4, 7, 3, 7, 46},
	values: []int8{
		60, 59, 61, 58, 62, 57, 63, 56, 64, 55, 65, 66, 54, 67, 53, 68, 52, 69, 51, 70, 50, 49, 71, 72,
		48, 73, 47, 74, 46, 76, 75, 77, 78, 45, 43, 44, 79, 42, 41, 80, 40, 81, 39, 82, 38, 83, 37, 35,
		85, 33, 36, 34, 84, 32, 87, 89, 30, 31, 86, 29, 26, 27, 28, 24, 88, 25, 22, 23, 90, 21, 19, 3,
		1, 2, 0, 98, 99, 100, 101, 102, 117, 97, 91, 92, 93, 94, 95, 96, 104, 111, 112, 113, 114, 115, 116, 110,
		105, 106, 107, 108, 109, 118, 6, 8, 9, 10, 5, 103, 120, 119, 4, 7, 15, 16, 18, 20, 17, 11, 12, 14,
		13,
	},
}
