using System.Text;
using CsCheck;
using Rlhf.Core;
using Rlhf.Testing;

namespace Rlhf.Definitions.Tests;

public sealed class HostileFileTests
{
    [Theory]
    [InlineData("model: m\nmodel: n", "file.yaml:2: key 'model' is given twice (first in file.yaml:1)")]
    [InlineData("model: &a m\nstop: [*a, *a]", "file.yaml:1: anchors (&a) are not supported")]
    [InlineData("model: *a", "file.yaml:1: aliases (*a) are not supported")]
    [InlineData("model: !!python/object m", "file.yaml:1: tags (tag:yaml.org,2002:python/object) are not supported")]
    [InlineData("model: m\n---\nmodel: n", "file.yaml:2: a second document starts here")]
    [InlineData("model: m\nsampling:\n\ttemperature: 1", "file.yaml:3: a tab in the indentation; YAML wants spaces")]
    [InlineData("model: [m", "file.yaml:1: not valid YAML: ")]
    [InlineData("- model", "file.yaml:1: expected lines of 'key: value' at the top of the file")]
    [InlineData("? [a]\n: b", "file.yaml:1: a key must be a single name")]
    [InlineData("model: a\u0000b", "file.yaml:1: a control character (U+0000); is this a text file?")]
    public void Is_refused_in_one_line(string yaml, string message)
    {
        string refusal = Example.Refusal(yaml);
        Assert.StartsWith(message, refusal);
        Assert.DoesNotContain('\n', refusal);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    [InlineData("? ")]
    public void Deep_nesting_is_refused_at_once(string opening)
    {
        string yaml = string.Concat(Enumerable.Repeat(opening, 1_000_000 / opening.Length));
        Assert.Contains("nested more than 32 levels deep", Example.Refusal(yaml));
    }

    [Fact]
    public void Files_of_many_megabytes_are_refused_by_their_size()
    {
        Assert.Equal("file.yaml: has 10.0 MB; a definition has at most 1 MB", Example.Refusal(new string('a', 10_000_000)));
        string wide = string.Concat(Enumerable.Range(0, 60_000).Select(i => $"key{i}: {i}\n"));
        Assert.StartsWith("file.yaml:1: unknown key 'key0'", Example.Refusal(wide));
    }

    [Fact]
    public void Bytes_that_are_not_utf8_are_refused_with_the_line()
    {
        using var folder = new TemporaryFolder();
        string path = folder["file.yaml"];
        File.WriteAllBytes(path, [.. "model: m\nloss: "u8, 0xC3, 0x28]);
        Assert.Equal($"{path}:2: not UTF-8; save the file as UTF-8", Refusal(path));
    }

    [Fact]
    public void What_is_no_regular_file_is_refused()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal($"{folder["no.yaml"]}: no such file", Refusal(folder["no.yaml"]));
        Assert.Equal($"{folder.Path}: is a folder; expected a file", Refusal(folder.Path));
        if (OperatingSystem.IsLinux())
            Assert.Contains("is a character device", Refusal("/dev/zero"));
    }

    [Fact]
    public void Long_and_many_lined_values_are_shown_short_and_on_one_line()
    {
        string refusal = Example.Refusal("model: m\nepochs: \"" + new string('x', 5000) + "\\n\\u2028y\"");
        Assert.InRange(refusal.Length, 20, 200);
        refusal = Example.Refusal("model: m\n\"a\\nb\": 1");
        Assert.StartsWith("file.yaml:2: unknown key 'a b'", refusal);
    }

    /// <summary>Whatever bytes a file holds, it binds or is refused in one line: nothing else is thrown, nothing hangs.</summary>
    [Fact]
    public void Damaged_files_bind_or_are_refused_in_one_line()
    {
        byte[] good = Encoding.UTF8.GetBytes("model: \"m\"\nepochs: 3\nstop: [a, 'b']\nsampling: {temperature: 0.5}\nannotators:\n  - "
            + "errorRate: 0.1\n    note: |\n      text\n");
        byte[] spice = Encoding.UTF8.GetBytes("[]{}:,-?&*!|>'\"%@`#\n\t \\u0é~<=");
        using var folder = new TemporaryFolder();
        string path = folder["file.yaml"];
        var change = Gen.Select(
            Gen.Int[0, good.Length - 1], Gen.Int[0, 2],
            Gen.Frequency((3, Gen.Int[0, spice.Length - 1].Select(i => spice[i])), (1, Gen.Byte)));
        change.Array[1, 6].Sample(changes =>
        {
            var bytes = good.ToList();
            foreach (var (at, kind, value) in changes)
            {
                int index = Math.Min(at, bytes.Count - 1);
                if (kind == 0)
                    bytes[index] = value;
                else if (kind == 1)
                    bytes.Insert(index, value);
                else
                    bytes.RemoveAt(index);
            }
            File.WriteAllBytes(path, [.. bytes]);
            try
            {
                OptionsFile.Bind<ExampleOptions>(path, []);
                return true;
            }
            catch (UserError error)
            {
                return !error.Message.Contains('\n') && error.Message.Length < 600;
            }
        }, iter: 5000, threads: 1);
    }

    private static string Refusal(string path) => Assert.Throws<UserError>(() => OptionsFile.Bind<ExampleOptions>(path, [])).Message;
}
