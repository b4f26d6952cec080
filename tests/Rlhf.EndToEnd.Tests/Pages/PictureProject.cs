using Rlhf.Core.Content;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Tests;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.EndToEnd.Tests.Pages;

/// <summary>A project as it looks in use, for the pictures of the README: four policies, six annotators, one of whom is careless.</summary>
internal static class PictureProject
{
    private const int Seed = 3;
    private const double TieBelow = 0.15, CarelessNoise = 3;

    private static readonly (string Name, double Quality)[] Policies = [("base", -0.7), ("sft", 0), ("ppo-100", 0.5), ("ppo-300", 0.8)];

    private static readonly string[] Annotators = ["amara", "ben", "chen", "dilek", "emil", "fatima"];

    private static readonly string[] Prompts =
    [
        "My sourdough does not rise. What went wrong?", "Explain a Kalman filter to somebody who knows averages.",
        "Write a polite mail that declines an invitation.", "How do I undo the last commit but keep my changes?",
        "Is rice safe to eat that was left out over night?", "Summarize the plot of Hamlet in three sentences.",
        "What should I check before I buy a used bicycle?", "Why is the sky blue, for a child of six?",
        "Suggest a name for a small bakery in Lisbon.", "How long do I boil an egg at 2,000 meters?",
        "What is the difference between a virus and a bacterium?", "Give me five questions to ask at a job interview.",
        "How do I get red wine out of a wool carpet?", "Which Linux distribution for an old laptop?",
        "Write a haiku about the first snow.", "Why do cats knead blankets?", "How does a heat pump work?",
        "What does 'inflation' mean for my savings?", "Plan two rainy days in Hamburg with children.",
        "How do I ask for a raise?", "What is a good first tree for a small garden?", "Explain recursion with an example.",
        "Can I freeze soft cheese?", "How do I learn to whistle?",
    ];

    private static readonly string[] Answers =
    [
        "Bread rises when yeast works. There are many kinds of bread and many kinds of flour.",
        "The starter was probably not active enough. Feed it twice a day in a warm place, and use it when it has doubled.",
        "Most often the starter is too young or the dough too cold. Feed the starter until it doubles within six hours, keep the dough "
            + "at 24 to 26 °C, and wait until it has grown by half before you shape it.",
        "Three things keep a sourdough flat:\n\n1. **A weak starter.** It must double within six hours of a feeding.\n"
            + "2. **Cold dough.** At 20 °C it takes twice as long as at 26 °C.\n3. **Impatience.** Shape it when it has grown by half.\n\n"
            + "Begin with the first: a spoonful that floats in water is ready.",
    ];

    private const string Disputed = "My sourdough is flat and sour. How do I save the next one?";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>All is answered but the task for the picture of the labeling page. Returns a task whose annotators disagree, too.</summary>
    public static async Task<(Guid Project, Guid Disputed)> AddAsync(ServedHome served)
    {
        var random = new Random(Seed);
        var clock = new ManualClock();
        clock.Advance(-TimeSpan.FromHours(3));
        var labeling = new LabelingService(served.Database, clock);
        var project = await labeling.CreateProjectAsync("Helpful answers, round 2", overlap: 3,
            guidelines: "# What counts\n\nRank by **helpfulness**. A wrong answer is worse than a short one.", cancellation: Cancellation);
        double[][] quality =
            [.. Prompts.Select(_ => Policies.Select(policy => policy.Quality + random.NextDouble() - 0.5).ToArray())];
        await labeling.AddTasksAsync(project, Prompts.Skip(1).Select((prompt, i) => Task(prompt, i + 1)), cancellation: Cancellation);
        var annotators = new List<(Guid Id, double Noise)>();
        for (int i = 0; i < Annotators.Length; i++)
        {
            var user = await served.AddUserAsync(AccountRole.Annotator, Annotators[i]);
            annotators.Add((user.AnnotatorId, i == Annotators.Length - 1 ? CarelessNoise : 0.3 + 0.1 * i));
        }
        for (bool any = true; any;)
        {
            any = false;
            foreach (var (id, noise) in annotators)
            {
                if (await labeling.LeaseNextAsync(id, project, cancellation: Cancellation) is not { } task)
                    continue;
                any = true;
                int prompt = Array.IndexOf(Prompts, LabelingService.Texts(task).Prompt);
                double[] felt = [.. quality[prompt].Select(value => value + noise * (random.NextDouble() - 0.5))];
                await AnswerAsync(id, task.AssignmentId, Rank(felt));
            }
        }
        await labeling.AddTasksAsync(project, [Task(Disputed, 0)], cancellation: Cancellation);
        int[][] ranks = [[4, 3, 1, 2], [4, 3, 2, 1], [3, 4, 1, 1]];
        Guid disputed = default;
        foreach (var ((id, _), given) in annotators.Zip(ranks))
        {
            var lease = (await labeling.LeaseNextAsync(id, project, cancellation: Cancellation))!;
            disputed = lease.TaskId;
            await AnswerAsync(id, lease.AssignmentId, Answer.FromRanks(given));
        }
        await labeling.AddTasksAsync(project, [Task(Prompts[0], 0)], cancellation: Cancellation);
        return (project, disputed);

        Task AnswerAsync(Guid annotator, Guid assignment, Answer ranking)
        {
            int seconds = 25 + random.Next(40);
            clock.Advance(TimeSpan.FromSeconds(seconds));
            return labeling.SubmitAsync(annotator, assignment, Storage.Entities.Answers.OfRanking(ranking),
                new AnnotationContext(seconds, seconds), Cancellation);
        }
    }

    private static Answer Rank(double[] felt)
    {
        int[] order = [.. Enumerable.Range(0, felt.Length).OrderByDescending(i => felt[i])];
        int[] ranks = new int[felt.Length];
        for (int place = 0; place < order.Length; place++)
        {
            bool tied = place > 0 && felt[order[place - 1]] - felt[order[place]] < TieBelow;
            ranks[order[place]] = tied ? ranks[order[place - 1]] : place + 1;
        }
        return Answer.FromRanks(ranks);
    }

    private static NewTask Task(string prompt, int number) => new(
        LabelingService.Prompt(prompt),
        [
            .. Policies.Select((policy, i) => new NewCompletion(
                [Message.FromText(Message.Assistant, number == 0 ? Answers[i] : $"The answer of {policy.Name} to question {number}.")])
            {
                SamplingSettings = $$"""{"source":"{{policy.Name}}"}""",
            }),
        ]);
}
