using System.Text.Json;
using Rlhf.Testing;

namespace Rlhf.Cli.Tests;

/// <summary><c>rlhf import</c> and <c>rlhf export</c> as a person calls them.</summary>
public sealed class ExchangeVerbsTests : IDisposable
{
    private readonly TemporaryFolder _place = new();

    [Fact]
    public void A_file_comes_in_once_and_goes_out_as_it_was()
    {
        File.WriteAllText(_place["pairs.csv"], "question;better;worse\np; a; b\nq;c;d\nonly one\n");
        string[] map = ["--map", "prompt=question", "--map", "chosen=better", "--map", "rejected=worse"];
        var preview = RlhfProgram.Run(["import", _place["pairs.csv"], .. map, "--preview"]);
        Assert.Equal(0, preview.ExitCode);
        Assert.Contains("read as preferences; columns: question, better, worse", preview.Text);
        Assert.Contains("  prompt: p\n  1:  a\n  2:  b\n  answer: 1 > 2\n", preview.Text);

        var imported = Run(["import", _place["pairs.csv"], .. map, "--project", "pairs", "--json"]);
        var report = JsonDocument.Parse(imported.Text).RootElement;
        Assert.Equal((2, 2, 1), (report.GetProperty("tasks").GetInt32(), report.GetProperty("annotations").GetInt32(),
            report.GetProperty("badLineCount").GetInt32()));
        Assert.Contains($"{_place["pairs.csv"]}:4: 1 cells where the header has 3 columns", imported.Error);
        Assert.Contains("imported 0 tasks with 0 annotations into 'pairs'", Run(["import", _place["pairs.csv"], .. map]).Text);

        Assert.Equal("""
            {"prompt":"p","chosen":" a","rejected":" b"}
            {"prompt":"q","chosen":"c","rejected":"d"}

            """.ReplaceLineEndings("\n"), Run(["export", "--project", "pairs", "--format", "trl-explicit"]).Text);
        Assert.Equal("""
            {"prompt":"p","chosen":" a","rejected":" b","weight":1}
            {"prompt":"q","chosen":"c","rejected":"d","weight":1}

            """.ReplaceLineEndings("\n").Split('\n').Order(),
            Run(["export", "--project", "pairs", "--format", "trl-explicit", "--rule", "soft"]).Text.Split('\n').Order());
        Run(["export", "--project", report.GetProperty("project").GetString()!, "--format", "rankings", "-o", _place["out.jsonl"]]);
        var again = RlhfProgram.Run("import", _place["out.jsonl"], "--project", "copy", "--home", _place["other"]);
        Assert.True(again.ExitCode == 0, again.Error);
        Assert.Equal(File.ReadAllBytes(_place["out.jsonl"]), RlhfProgram
            .Run("export", "--project", "copy", "--home", _place["other"]).Output);
    }

    [Fact]
    public void What_cannot_be_done_is_said()
    {
        File.WriteAllText(_place["a.jsonl"], """{"question":"p","good":"a"}""");
        Assert.Contains("no format that is known here has the columns 'question', 'good'",
            Refused("import", _place["a.jsonl"], "--project", "p"));
        Assert.Contains("there is no import format 'xml'", Refused("import", _place["a.jsonl"], "--format", "xml"));
        Assert.Contains("no such file", Refused("import", _place["b.jsonl"]));
        File.WriteAllText(_place["c.jsonl"], """{"prompt":"","chosen":"a","rejected":""}""");
        Run(["import", _place["c.jsonl"], "--project", "p"]);
        Assert.Contains("there is no export format 'xml'", Refused("export", "--project", "p", "--format", "xml"));
        Assert.Contains("--rule must be each|majority|soft|weighted|adjudicated; got 'best'",
            Refused("export", "--project", "p", "--format", "hh", "--rule", "best"));
        Assert.Contains("rankings has all that they say", Refused("export", "--project", "p", "--rule", "soft"));
        Assert.Contains("no labeling project 'q' (--project); there are 'p'", Refused("export", "--project", "q"));
        Assert.Contains("1 pairs on which TRL fails; line 1", Refused("export", "--project", "p", "--format", "trl-implicit"));
        Assert.False(Directory.Exists(_place["no"]));
        Assert.Contains("not a home folder", RlhfProgram.Refused("export", "--project", "p", "--home", _place["no"]));
    }

    public void Dispose() => _place.Dispose();

    private Answer Run(string[] arguments)
    {
        var answer = RlhfProgram.Run([.. arguments, "--home", _place["home"]]);
        Assert.True(answer.ExitCode == 0, answer.Error);
        return answer;
    }

    private string Refused(params string[] arguments) => RlhfProgram.Refused([.. arguments, "--home", _place["home"]]);
}
