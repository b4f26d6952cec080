using Microsoft.EntityFrameworkCore;
using Rlhf.Cli.Hosting;
using Rlhf.Cli.Output;
using Rlhf.Core.Options;
using Rlhf.Definitions.Pipelines;
using Rlhf.Pipeline.Runs;
using Rlhf.Storage;
using Rlhf.Testing;

namespace Rlhf.Cli.Tests.Pipelines;

/// <summary>A database that can be read and no longer written, as on a full disk, under a command that is the hub itself.</summary>
public sealed class BrokenDatabaseTests
{
    private const string Candidates = """
        {"prompt":"a","heldOut":false,"completions":[{"text":" b","ids":[1],"logProbs":[-1],"finish":"eos"},{"text":" c","ids":[2],"logProbs":[-1],"finish":"eos"}]}
        """;

    [Fact(Timeout = 600_000)]
    public async Task The_command_ends_after_a_lease_and_names_the_database()
    {
        var stop = TestContext.Current.CancellationToken;
        using var place = new TemporaryFolder();
        var home = new Home(place["home"]);
        await File.WriteAllTextAsync(place["candidates.jsonl"], Candidates + "\n", stop);
        Directory.CreateDirectory(home.Root);
        await using var hub = await HubConnection.OpenAsync(home, null, stop);
        using (var database = await RlhfDatabase.OpenAsync(home.Database, stop))
        {
            await using var context = database.OpenReadContext();
            await context.Database.ExecuteSqlRawAsync("""
                CREATE TRIGGER full BEFORE UPDATE ON OutboxMessages BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END
                """, stop);
        }

        // It would wait for people for ever.
        var options = new LabelOptions { Candidates = place["candidates.jsonl"] };
        var pipeline = new PipelineFile { Name = RunKinds.Label, Stages = [new PipelineStage(RunKinds.Label, options)] };
        var id = await hub.Client.StartAsync(pipeline.ToJson(), "rlhf label", stop);
        var status = await hub.Client.GetAsync(id.ToString(), stop);
        var failure = await Assert.ThrowsAsync<RunFailedException>(
            () => PipelineCommand.FollowAsync(hub, status, home, json: true, stop));
        Assert.StartsWith($"{home.Database}: cannot be written: ", failure.Message, StringComparison.Ordinal);
        Assert.Contains("database or disk is full", failure.Message, StringComparison.Ordinal);
        Assert.EndsWith(
            $"pipeline run {id} goes on with the next hub of this home folder: rlhf serve, or any pipeline command", failure.Message,
            StringComparison.Ordinal);
    }
}
