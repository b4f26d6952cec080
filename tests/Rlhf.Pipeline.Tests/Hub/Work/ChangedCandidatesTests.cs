using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Pipeline.Hub.Work;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Pipeline.Tests.Hub.Waiting;
using Rlhf.Storage;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Hub.Work;

/// <summary>The hub's own work checks what it reads, as a run's process does.</summary>
public sealed class ChangedCandidatesTests : IDisposable
{
    private readonly TemporaryFolder _place = new();

    public void Dispose() => _place.Dispose();

    [Theory]
    [InlineData(RunKinds.Collect)]
    [InlineData(RunKinds.Label)]
    public async Task Candidates_that_were_changed_since_the_run_was_planned_are_refused_before_a_project_is_opened(string kind)
    {
        var stop = TestContext.Current.CancellationToken;
        string candidates = _place["candidates.jsonl"];
        Labelers.WriteCandidates(candidates, 2);
        StageOptions options = kind == RunKinds.Collect ? new CollectOptions() : new LabelOptions();
        var home = Home.Open(_place["home"]);
        var run = new RunFolder(home.RunFolder(Guid.CreateVersion7()));
        Directory.CreateDirectory(run.Path);
        run.Write(new RunManifest(run.Id, kind, 1, RunFolder.OptionsObject(options),
            [new RunInput(InputNames.Candidates, candidates, InputHash.Compute(candidates))], null, MachineFacts.Current()));
        Labelers.WriteCandidates(candidates, 3);
        await using var hub = await TestHub.StartAsync(home, command: null);
        var work = (IHubWork)hub.Services.GetRequiredService(StageTable.Get(kind).HubWork!);

        var refusal = await Assert.ThrowsAsync<UserError>(
            async () => await work.RunAsync(run.Attempt(1).Create(), options, (_, _) => { }, stop));
        Assert.Contains("the input 'candidates' was changed after the run was planned", refusal.Message, StringComparison.Ordinal);
        await using var db = hub.Database.OpenReadContext();
        Assert.False(await db.Projects.AnyAsync(stop));
    }
}
