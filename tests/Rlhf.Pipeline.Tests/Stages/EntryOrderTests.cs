using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Storage;
using Rlhf.Storage.Datasets;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Stages;

/// <summary>What a reward model learns depends on what people have said, not on when, how and in which order they said it.</summary>
public sealed class EntryOrderTests : IDisposable
{
    private const int Tasks = 8, People = 3;

    private static readonly string[] s_words = ["warm", "cold", "good"];

    private static readonly RewardOptions Options = new()
    {
        Device = "cpu",
        Seed = 5,
        BatchSize = 2,
        Epochs = 1,
        LearningRate = 3e-3,
        NormalizationSamples = 4,
    };

    private readonly StageRun _run = new();
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Aggregation.Each)]
    [InlineData(Aggregation.Weighted)]
    public async Task The_same_annotations_in_another_order_give_the_same_file_and_the_same_reward_model(Aggregation aggregation)
    {
        byte[] file = await EnterAsync(0, aggregation);
        byte[] weights = Train(file);
        for (uint order = 1; order < 3; order++)
        {
            byte[] other = await EnterAsync(order, aggregation);
            Assert.Equal(file, other);
            Assert.Equal(weights, Train(other));
        }
        // One judgment that is another one is another model.
        Assert.NotEqual(weights, Train(await EnterAsync(1, aggregation, change: true)));
    }

    public void Dispose()
    {
        _run.Dispose();
        _folder.Dispose();
    }

    private byte[] Train(byte[] rankings) => StageRun.Weights(_run.Execute(
        RunKinds.Reward, Options, [(InputNames.Policy, _run.Policy(1))], run => File.WriteAllBytes(run.RankingsFile, rankings))
        .ModelFolder);

    /// <summary>
    /// Three people answer eight tasks. In another order the tasks are entered otherwise, other people (other ids) come at other times,
    /// each leases what is next for them, and some take a wrong answer back.
    /// </summary>
    private async Task<byte[]> EnterAsync(uint order, Aggregation aggregation, bool change = false)
    {
        string home = _folder[$"{order}-{aggregation}-{change}"];
        Directory.CreateDirectory(home);
        using var database = await RlhfDatabase.OpenAsync(Path.Combine(home, "rlhf.db"), Cancellation);
        var clock = new ShiftedClock { Now = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero) + TimeSpan.FromDays(40 * order) };
        var labeling = new LabelingService(database, clock);
        var stream = new RandomStream(order, "order");
        var project = await labeling.CreateProjectAsync($"project {order}", overlap: People, cancellation: Cancellation);
        await labeling.AddTasksAsync(project, Permuted(Tasks, order, stream).Select(task => new NewTask(
            LabelingService.Prompt($"The soup was {task}."),
            [.. Permuted(3, order, stream, (uint)task + 1).Select(c => NewCompletion.FromText(Text(task, c)))])),
            cancellation: Cancellation);
        var people = new Dictionary<int, Guid>();
        foreach (int person in Permuted(People, order, stream, 99))
            people[person] = await labeling.CreateAnnotatorAsync(simulated: false, cancellation: Cancellation);
        // By turns, or one after the other.
        int[] turns = [.. Enumerable.Range(0, Tasks * People).Select(turn => order == 0 ? turn / Tasks : turn % People)];
        foreach (int person in turns)
        {
            clock.Now += TimeSpan.FromMinutes(1 + order);
            var leased = (await labeling.LeaseNextAsync(people[person], project, cancellation: Cancellation))!;
            var (prompt, texts) = LabelingService.Texts(leased);
            int task = int.Parse(prompt.Split(' ')[^1].TrimEnd('.'), System.Globalization.CultureInfo.InvariantCulture);
            var right = Answers.OfRanking(Answer.FromRanks([.. texts.Select(text => Rank(task, text, person, change))]));
            bool mistaken = order > 0 && (task + person) % 3 == 0;
            await labeling.SubmitAsync(people[person], leased.AssignmentId,
                mistaken ? Answers.OfRanking(Answer.FromRanks([1, 1, 1])) : right, cancellation: Cancellation);
            if (mistaken)
                await labeling.CorrectAsync(people[person], leased.AssignmentId, 1, right, cancellation: Cancellation);
        }
        var versions = new DatasetVersions(database, clock);
        var version = await versions.CreateAsync(
            new DatasetRequest { Projects = [project], Aggregation = aggregation, HeldOut = 0.3 }, Cancellation);
        Assert.Equal(Tasks * People, version.Annotations);
        string file = Path.Combine(home, "rankings.jsonl");
        await versions.MaterializeAsync(version.Id, file, cancellation: Cancellation);
        return await File.ReadAllBytesAsync(file, Cancellation);
    }

    private static string Text(int task, int completion) => $"{s_words[completion]} {task}";

    /// <summary>Person 0 likes what is warm, person 1 what is cold, person 2 one or the other; all of them what is good.</summary>
    private static int Rank(int task, string text, int person, bool change)
    {
        bool warm = person == 0 || person == 2 && task % 2 == 0;
        if (change && task == 3 && person == 1)
            warm = true;
        return text.StartsWith("good", StringComparison.Ordinal) ? 1 : text.StartsWith("warm", StringComparison.Ordinal) == warm ? 1 : 2;
    }

    private static int[] Permuted(int count, uint order, RandomStream stream, uint what = 0) =>
        order == 0 ? [.. Enumerable.Range(0, count)] : stream.Permutation(count, what);

    private sealed class ShiftedClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
