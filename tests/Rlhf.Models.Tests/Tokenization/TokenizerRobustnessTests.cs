using System.Diagnostics;
using System.Text;
using Rlhf.Core;
using Rlhf.Core.Randomness;
using Rlhf.Models.Tokenization;
using Rlhf.Testing;

namespace Rlhf.Models.Tests.Tokenization;

public sealed class TokenizerRobustnessTests
{
    private const int Damages = 6_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly string[] Fragments =
        ["null", "-1", "99999999999", "\"\"", "[]", "{}", "\\ud800", "\"BPE\"", "true", ",", "\"", "]", "}", "(", "1e5"];

    // Every kind of step is in it, so that damage meets each reader.
    private const string ByteFallback = """
        {"version":"1.0","truncation":null,"padding":null,
         "added_tokens":[{"id":0,"content":"<unk>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},
          {"id":9,"content":"<x>","single_word":true,"lstrip":true,"rstrip":true,"normalized":true,"special":false}],
         "normalizer":{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Lowercase"},{"type":"StripAccents"},{"type":"Strip","strip_left":false,"strip_right":true},
          {"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"},{"type":"Replace","pattern":{"Regex":"b+"},"content":"b"}]},
         "pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"▁|[^▁]+"},"behavior":"MergedWithNext","invert":false},
          {"type":"Digits","individual_digits":true},{"type":"Punctuation","behavior":"Isolated"},{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":true}]},
         "post_processor":{"type":"Sequence","processors":[{"type":"ByteLevel"},{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],
          "pair":[],"special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]}}}]},
         "decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]},
         "model":{"type":"BPE","dropout":null,"unk_token":"<unk>","continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":true,"byte_fallback":true,"ignore_merges":false,
          "vocab":{"<unk>":0,"<s>":1,"<0xC3>":2,"<0xA9>":3,"▁":4,"a":5,"b":6,"ab":7,"▁ab":8},"merges":["a b",["▁","ab"]]}}
        """;

    [Fact]
    public void Damaged_files_load_or_are_refused_in_one_line()
    {
        using var folder = new TemporaryFolder();
        BpeTrainer.Train(["ab ab abc"], 262, ["<s>", "</s>"]).Save(folder.Path);
        byte[][] originals = [Encoding.UTF8.GetBytes(ByteFallback), File.ReadAllBytes(folder["tokenizer.json"])];
        File.Delete(folder["tokenizer_config.json"]);
        var stream = new RandomStream(5, "damage");
        int refused = 0;
        for (uint i = 0; i < Damages; i++)
        {
            File.WriteAllBytes(folder["tokenizer.json"], Damage(originals[i % 5 == 0 ? 1 : 0], stream, i));
            try
            {
                Tokenizer tokenizer = Tokenizer.Load(folder.Path);
                tokenizer.Decode(tokenizer.EncodeWithTokens("ab é <x> ab7,ab", addSpecialTokens: true).Ids, skipSpecialTokens: true);
            }
            catch (UserError error)
            {
                refused++;
                Assert.DoesNotContain('\n', error.Message);
            }
        }
        // Were none refused, or all, the damage would not be worth its name.
        Assert.InRange(refused, Damages / 20, Damages - Damages / 20);
    }

    [Fact]
    public void A_megabyte_without_a_space_takes_seconds()
    {
        Tokenizer bytes = BpeTrainer.Train(["aaaaaaaa aaaa aa", "abcabcabc"], 290, ["<s>"]);
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["tokenizer.json"], ByteFallback);
        Tokenizer fallback = Tokenizer.Load(folder.Path);
        var watch = Stopwatch.StartNew();
        foreach (string text in new[] { new string('a', 1 << 20), new string(' ', 1 << 20)
            + "a", string.Concat(Enumerable.Repeat("abc", 350_000)), new string('<', 1 << 20) })
        {
            Assert.Equal(text, bytes.Decode(bytes.Encode(text, addSpecialTokens: false), skipSpecialTokens: false));
            Assert.NotEmpty(fallback.Encode(text, addSpecialTokens: false));
        }
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, Patience);
    }

    [Fact]
    public void Broken_texts_are_mended_and_broken_bytes_kept()
    {
        Tokenizer tokenizer = BpeTrainer.Train(["text"], 260, ["<s>"]);
        Assert.Equal("a\uFFFDb\uFFFD",
            tokenizer.Decode(tokenizer.Encode("a\ud800b\udc80", addSpecialTokens: false), skipSpecialTokens: true));
        byte[] broken = [0x61, 0xFF, 0xE2, 0x82, 0x20, 0xC0, 0x80, 0xED, 0xA0, 0x80];
        int[] ids = tokenizer.Encode(broken, addSpecialTokens: false);
        Assert.Equal(broken, tokenizer.DecodeBytes(ids, skipSpecialTokens: true));
        Assert.Equal(Encoding.UTF8.GetString(broken), tokenizer.Decode(ids, skipSpecialTokens: true));
        Assert.Equal("", tokenizer.Decode([-1, 5_000_000], skipSpecialTokens: false));
        Assert.Throws<UserError>(() => tokenizer.IdToToken(-1));
    }

    private static byte[] Damage(byte[] original, RandomStream stream, uint number)
    {
        var bytes = new List<byte>(original);
        int times = 1 + stream.Below(3, number, 0);
        for (uint t = 1; t <= times; t++)
        {
            int at = stream.Below(bytes.Count, number, t, 0), length = Math.Min(1 + stream.Below(12, number, t, 1), bytes.Count - at);
            switch (stream.Below(6, number, t, 2))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << stream.Below(8, number, t, 3));
                    break;
                case 1:
                    bytes.RemoveRange(at, length);
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 3:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(Fragments[stream.Below(Fragments.Length, number, t, 3)]));
                    break;
                case 4 when number % 20 == 0:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    // A value in another's place: still JSON as often as not.
                    Swap(bytes, at, stream, number, t);
                    break;
            }
            if (bytes.Count == 0)
                break;
        }
        return [.. bytes];
    }

    private static void Swap(List<byte> bytes, int at, RandomStream stream, uint number, uint t)
    {
        int colon = bytes.IndexOf((byte)':', at);
        if (colon < 0)
            return;
        int end = colon + 1;
        while (end < bytes.Count && bytes[end] is not ((byte)',' or (byte)'}' or (byte)']'))
            end++;
        bytes.RemoveRange(colon + 1, end - colon - 1);
        bytes.InsertRange(colon + 1, Encoding.UTF8.GetBytes(Fragments[stream.Below(Fragments.Length, number, t, 4)]));
    }
}
