using Rlhf.Core;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Runs;

public sealed class InputHashTests : IDisposable
{
    private readonly TemporaryFolder _place = new();
    private readonly RunFolder _run;

    public InputHashTests()
    {
        _run = new RunFolder(_place["run"]);
        Directory.CreateDirectory(_run.Path);
        Directory.CreateDirectory(_place["model"]);
        File.WriteAllText(_place["model/config.json"], "{}");
        File.WriteAllText(_run.TextFile, "{\"completion\":\"a\"}\n");
        _run.Write(new RunManifest(Guid.CreateVersion7(), RunKinds.Sft, 1, [],
            [Input("policy", _place["model"], _place["model"]), Input("text", "text.jsonl", _run.TextFile)], null, MachineFacts.Current()));
    }

    public void Dispose() => _place.Dispose();

    [Fact]
    public void Inputs_that_are_as_they_were_planned_pass() => InputHash.Verify(_run);

    [Theory]
    [InlineData("run/text.jsonl", "'text' was changed")]
    [InlineData("model/config.json", "'policy' was changed")]
    [InlineData("model/more.json", "'policy' was changed")]
    public void A_run_refuses_inputs_that_were_changed_since(string file, string message)
    {
        File.AppendAllText(_place[file], " ");
        string refusal = Assert.Throws<UserError>(() => RunExecution.Execute(_run.Attempt(1), new LineObserver(TextWriter.Null))).Message;
        Assert.Contains(message, refusal);
        Assert.False(File.Exists(_run.Attempt(1).ResultFile));
    }

    [Fact]
    public void A_run_refuses_inputs_that_are_gone()
    {
        Directory.Delete(_place["model"], recursive: true);
        Assert.Contains("'policy' of this run is no longer there", Assert.Throws<UserError>(() => InputHash.Verify(_run)).Message);
    }

    private static RunInput Input(string name, string path, string where) => new(name, path, InputHash.Compute(where));
}
