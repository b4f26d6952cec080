using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Generation;
using Rlhf.Models.Tokenization;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Testing;
using static TorchSharp.torch;

namespace Rlhf.Pipeline.Tests.Stages;

/// <summary>A run folder written by hand and executed in this process: one stage in isolation, on models small enough for a test.</summary>
internal sealed class StageRun : IDisposable
{
    private static readonly string[] Texts =
    [
        "The soup was warm and the bread was good.", "The bed was hard and the room was cold.", "A good walk in the warm sun.",
        "The cold rain fell on the good old road.",
    ];

    private readonly TemporaryFolder _place = new();
    private int _runs;

    /// <summary>What the last run printed: JSON lines.</summary>
    public IReadOnlyList<RunLine> Lines { get; private set; } = [];

    public string this[string relative] => _place[relative];

    /// <summary>The folder of a policy with weights of its own.</summary>
    public string Policy(ulong seed, int positions = 64) => Policy($"policy-{seed}-{positions}", seed, positions);

    /// <summary>The folder of such a policy that differs in what is named.</summary>
    /// <param name="name">The folder, made only once.</param>
    /// <param name="seed">Of the weights.</param>
    /// <param name="positions">The longest text.</param>
    /// <param name="layers">Decoder layers.</param>
    /// <param name="end">The tokenizer's EOS; null for none.</param>
    /// <param name="endsInConfig">What config.json names as EOS; null for the tokenizer's.</param>
    /// <param name="unusedRows">Rows of the vocabulary that no token has.</param>
    public string Policy(
        string name, ulong seed, int positions = 64, int layers = 1, string? end = "<|end|>", IReadOnlyList<int>? endsInConfig = null,
        int unusedRows = 0)
    {
        Models.Native.Libtorch.EnsureLoaded();
        string folder = _place[name];
        if (Directory.Exists(folder))
            return folder;
        var tokenizer = BpeTrainer.Train(
            Texts, 290, PretrainStage.SpecialTokens, roles: new SpecialTokenRoles("<|begin|>", end, "<|pad|>"));
        var config = ModelConfig.CreateLlama(tokenizer.VocabSize + unusedRows, 16, layers, 2, 2, 32, positions,
            bosId: tokenizer.BosId, eosIds: endsInConfig ?? (tokenizer.EosId is { } eos ? [eos] : []), padId: tokenizer.PadId);
        using var model = CausalLm.Create(config, new RandomStream(seed, "init"), CPU, ScalarType.Float32);
        // Far from uniform, so that temperature, policy and prompt make a difference to what is drawn.
        using (no_grad())
        {
            foreach (var parameter in model.parameters().Where(p => p.dim() == 2))
                parameter.mul_(8);
        }
        Directory.CreateDirectory(folder);
        tokenizer.Save(folder);
        ModelFolder.Save(model, folder);
        return folder;
    }

    /// <summary>The folder of a reward model on the trunk of such a policy.</summary>
    public string Reward(ulong seed, double gain, double bias, int positions = 64) =>
        Reward($"reward-{seed}-{positions}", Policy(seed, positions), seed, gain, bias);

    /// <summary>The folder of a reward model on the trunk of a policy.</summary>
    public string Reward(string name, string trunk, ulong seed, double gain = 1, double bias = 0)
    {
        string folder = _place[name];
        using var policy = Load(trunk);
        using var model = ScalarModel.FromCausalLm(policy.Model, new RandomStream(seed, "head"));
        model.Config = model.Config with { RewardGain = gain, RewardBias = bias };
        ModelFolder.Save(model, folder, tokenizerFrom: trunk);
        return folder;
    }

    public static LoadedPolicy Load(string folder) => LoadedPolicy.Load(folder, new CandidatesOptions { Device = "cpu" });

    public static ScalarModel LoadReward(string folder) => ModelFolder.LoadScalarModel(folder, CPU, ScalarType.Float32);

    /// <summary>Executes a stage on inputs that are folders of models, or lines that become a file of the run.</summary>
    /// <param name="kind">The stage.</param>
    /// <param name="options">Its options.</param>
    /// <param name="models">Names and folders.</param>
    /// <param name="write">Writes the files of the run.</param>
    /// <param name="gold">The name of a gold reward.</param>
    /// <param name="output">Takes the lines that the run prints.</param>
    public AttemptFolder Execute(
        string kind, StageOptions options, IEnumerable<(string Name, string Folder)> models, Action<RunFolder>? write = null,
        string? gold = null, StringWriter? output = null)
    {
        var run = new RunFolder(_place[$"run-{_runs++}"]);
        Directory.CreateDirectory(run.Path);
        write?.Invoke(run);
        var inputs = models.Select(m => new RunInput(m.Name, m.Folder, InputHash.Compute(m.Folder)))
            .Concat(new[] { (InputNames.Prompts, run.PromptsFile), (InputNames.Rankings, run.RankingsFile),
                (InputNames.Text, run.TextFile) }
                .Where(f => File.Exists(f.Item2))
                .Select(f => new RunInput(f.Item1, Path.GetFileName(f.Item2), InputHash.Compute(f.Item2))));
        run.Write(new RunManifest(Guid.CreateVersion7(), kind, ((SeededOptions)options).Seed, RunFolder.OptionsObject(options),
            [.. inputs], gold, MachineFacts.Current()));
        var attempt = run.Attempt(1).Create();
        output ??= new StringWriter();
        try
        {
            RunExecution.Execute(attempt, new LineObserver(output));
        }
        finally
        {
            Lines = [.. output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(RunLine.TryParse).OfType<RunLine>()];
        }
        return attempt;
    }

    /// <summary>One completion, drawn alone: what it is depends on no batch.</summary>
    public static SampledCompletion Draw(
        LoadedPolicy policy, string prompt, int place, int sample, SamplingOptions sampling, RandomStream stream,
        int maxPromptTokens = 0) =>
        new Sampler(policy.Model, policy.PadId, 1).Sample(
            [new SampleRequest(policy.Tokenizer.EncodePrompt(prompt, maxPromptTokens), new DrawKey(0, (uint)place, (uint)sample))],
            sampling, stream)[0];

    public static byte[] Weights(string folder) => File.ReadAllBytes(Path.Combine(folder, "model.safetensors"));

    /// <summary>The file's bytes that a model would have if it were saved beside it.</summary>
    public byte[] Saved(CausalLm model, string tokenizerFrom)
    {
        string folder = _place[$"expected-{_runs++}"];
        ModelFolder.Save(model, folder, tokenizerFrom);
        return Weights(folder);
    }

    public void Dispose() => _place.Dispose();
}
