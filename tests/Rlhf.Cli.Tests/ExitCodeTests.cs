using System.Diagnostics;
using System.Text;
using Rlhf.Testing;

namespace Rlhf.Cli.Tests;

/// <summary>Odd and damaged input as a person gives it: exit code 2 and one line that names the file or the option.</summary>
public sealed class ExitCodeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ExitCodeTests()
    {
        Write(
            "good.jsonl",
            """{"prompt": "Review of the bakery \"Copper Kettle\", known for its bread and its terrace:", "completion": " a"}""" + "\n");
        Write("missing.jsonl", File.ReadAllText(_folder["good.jsonl"]) + "\n" + """{"prompt": "a"}""" + "\n");
        Write("foreign.jsonl", File.ReadAllText(_folder["good.jsonl"]) + """{"prompt": "a", "completion": "b"}""" + "\n");
        string[] completions = [.. "bc".Select(text => $$"""{"text": "{{text}}", "ids": [1], "logProbs": [-1], "finish": "stop"}""")];
        Write("candidates.jsonl", $$"""{"prompt": "a", "heldOut": false, "completions": [{{string.Join(", ", completions)}}]}""" + "\n");
        Write("half.jsonl", """{"prompt": "a", "completion": "\ud800"}""" + "\n");
        Write("empty.jsonl", "");
        Write("text.txt", "a\n");
        Write("bad.yaml", "updates: [1\n");
        Write("latin.yaml", [.. "model: caf"u8, 0xE9, .. "\n"u8]);
        // A lock that cannot be opened for writing, not even by root.
        Directory.CreateDirectory(_folder["locked/hub.lock"]);
        if (!OperatingSystem.IsLinux())
            return;
        MakePipe("pipe");
        Directory.CreateDirectory(_folder["waiting"]);
        MakePipe("waiting/config.json");
        Directory.CreateDirectory(_folder["endless"]);
        File.CreateSymbolicLink(_folder["endless/config.json"], "/dev/zero");
    }

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, string> Refused => new()
    {
        { "gold --reward reviews --file @missing.jsonl", "missing.jsonl:3: 'completion' is missing" },
        { "gold --reward reviews --file @foreign.jsonl", "foreign.jsonl:2: not a prompt of the bundled reviews" },
        { "gold --reward reviews --file @half.jsonl", "half.jsonl:1: " },
        { "gold --reward reviews --file @empty.jsonl", "empty.jsonl: is empty" },
        { "gold --reward reviews --file @text.txt", "text.txt: its first line is not a JSON object" },
        { "gold --reward reviews --file @pipe", "pipe: is a named pipe" },
        { "gold --reward reviews --file /dev/zero", "/dev/zero: is a character device" },
        { "gold --reward reviews --file @none.jsonl", "none.jsonl: no such file" },
        { "gold --reward review --file @good.jsonl", "unknown gold reward 'review'; expected one of reviews, stories" },
        { "tokenize --model STORIES --file @pipe", "pipe: is a named pipe" },
        { "tokenize --model STORIES --file /dev/zero", "/dev/zero: is a character device" },
        { "tokenize --model STORIES --file /", "/: is a folder" },
        { "tokenize --model STORIES --ids -5", "'-5' is not a token id" },
        { "tokenize --model STORIES --ids 2147483647", "2147483647" },
        { "score --model @waiting --ids 1", "config.json" },
        { "score --model @endless --ids 1", "config.json" },
        { "score --model @text.txt --ids 1", "text.txt is a file" },
        { "score --model STORIES --ids 99999999999", "'99999999999' is not a token id" },
        { "score --model STORIES --ids 512", "512" },
        { "score --model STORIES --ids 1 --threads -1", "--threads must be between 0 and 1024; got -1" },
        { "score --model STORIES --ids 1 --device gpu", "auto, cpu, cuda or cuda:n" },
        { "sample --model STORIES --ids 1 -n 2147483647", "must be between 1 and 100000; got 2147483647 (-n)" },
        { "sample --model STORIES --ids 1 --temperature 1e-320", "temperature must be 0 or between 0.001 and 100" },
        { "sample --model STORIES --ids 512", "512" },
        { "sample --model STORIES --ids 1 --greedy --top-k 5", "rlhf: topK: 5 has no effect where the most probable token is taken" },
        { "collect --home @h1 --set device=cpu", "--set device: unknown key 'device' in collect" },
        { "ppo --home @text.txt", "text.txt: is a file" },
        { "candidates --home @locked --set model=STORIES", "locked: cannot be written (" },
        { "ppo --home @h1 --config @bad.yaml", "bad.yaml:" },
        { "ppo --home @h1 --config @latin.yaml", "latin.yaml:1: not UTF-8" },
        { "ppo --home @h1 --config @pipe", "pipe: is a named pipe" },
        { "pipeline run /dev/zero --home @h1", "/dev/zero: is a character device" },
        { "ppo --home @h2", "rlhf: ppo: option 'model' is missing" },
        { "ppo --home @h3 --set model=STORIES --set rewardModel=STORIES", "rlhf: ppo: option 'prompts.source' is missing" },
        { "candidates --home @h4 --set model=STORIES --set prompts.source=@pipe", "rlhf: candidates: " },
        { "candidates --home @h5 --set model=@waiting", "config.json" },
        { "collect --home @h6 --set candidates=@good.jsonl --set overlap=9",
            "rlhf: collect: overlap must be at most the number of annotators" },
        { "collect --home @h10 --set candidates=@candidates.jsonl", "not a prompt of the bundled reviews: 'a'" },
        { "sft --home @h7 --set model=STORIES --set data=@missing.jsonl", "missing.jsonl:3: 'completion' is missing" },
        { "pretrain --home @h8 --set corpus=/dev/zero", "/dev/zero: is a character device" },
        { "serve --no-worker --urls nonsense --home @h10", "--no-worker: without --bus (or RLHF_BUS) no other process could execute runs" },
        { "restore @pipe --home @h9", "pipe: is a named pipe" },
        { "restore /dev/zero --home @h9", "/dev/zero: is a character device" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Bad_input_is_told_with_exit_code_2(string command, string message)
    {
        if (!OperatingSystem.IsLinux()
            && (command.Contains("pipe") || command.Contains("/dev/") || command.Contains("@waiting") || command.Contains("@endless")))
            Assert.Skip("SKIPPED: pipes and devices as on Linux");
        string refusal = RlhfProgram.Refused(Arguments(command));
        Assert.StartsWith("rlhf: ", refusal, StringComparison.Ordinal);
        Assert.Contains(message, refusal, StringComparison.Ordinal);
        foreach (string foreign in new[] { "System.", "Exception", "c10::", "ppo: ppo:", "collect: collect:" })
            Assert.DoesNotContain(foreign, refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tokenize --model STORIES --text a")]
    [InlineData("score --model STORIES --text a --json")]
    [InlineData("sample --model STORIES --prompt a --greedy --max-new-tokens 3")]
    [InlineData("gold --reward reviews --file @good.jsonl")]
    [InlineData("doctor")]
    [InlineData("ppo --help")]
    [InlineData("--version")]
    public void A_full_standard_output_is_told_and_is_nobodys_fault(string command)
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "SKIPPED: no /dev/full");
        var start = new ProcessStartInfo("/bin/sh", ["-c", "\"$0\" \"$@\" > /dev/full", RlhfProgram.Executable, .. Arguments(command)])
        {
            RedirectStandardError = true,
        };
        start.Environment["OMP_NUM_THREADS"] = "1";
        using var process = Process.Start(start)!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal((1, "rlhf: standard output cannot be written: No space left on device\n"), (process.ExitCode, error));
    }

    private string[] Arguments(string command) => [.. command.Split(' ').Select(argument =>
    {
        string named = argument.Replace("STORIES", StoriesModel.Folder, StringComparison.Ordinal);
        int at = named.IndexOf('@', StringComparison.Ordinal);
        return at < 0 ? named : named[..at] + _folder[named[(at + 1)..]];
    })];

    private void Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    private void Write(string name, byte[] content) => File.WriteAllBytes(_folder[name], content);

    private void MakePipe(string name)
    {
        using var made = Process.Start("mkfifo", [_folder[name]]);
        made.WaitForExit();
    }
}
