using System.Text.Json;
using Rlhf.Core;
using Rlhf.Core.Files;
using Rlhf.Core.Options;
using Rlhf.Definitions.Pipelines;
using Rlhf.Storage;
using Rlhf.Storage.Runs;

namespace Rlhf.LabelingUi.Features.Projects.Sampling;

/// <summary>Starts pipelines that sample a policy and open a labeling project with its completions.</summary>
public sealed class SampledProjects(Home home, PipelineRuns pipelines)
{
    private const int MaxPrompts = 100_000, MaxPerPrompt = 9, MaxTokens = 4096;

    private const string Candidates = "candidates", Label = "label", Grammar = "grammar";

    /// <returns>The pipeline run; its last stage opens the project.</returns>
    /// <exception cref="UserError">No such model, no prompts, or a number out of range.</exception>
    public async Task<Guid> StartAsync(SampleRequest request, string startedBy, CancellationToken stop)
    {
        int count = Between(request.Count ?? SampleRequest.DefaultCount, 1, MaxPrompts, "count");
        int perPrompt = Between(request.PerPrompt ?? SampleRequest.DefaultPerPrompt, 2, MaxPerPrompt, "perPrompt");
        int tokens = Between(request.MaxNewTokens ?? SampleRequest.DefaultMaxNewTokens, 1, MaxTokens, "maxNewTokens");
        double temperature = request.Temperature ?? SampleRequest.DefaultTemperature;
        if (!(temperature >= 0 && temperature <= 100))
            throw new UserError($"temperature must be between 0 and 100; got {temperature}");
        string model = Model(request.Model);
        var prompts = new PromptOptions { Source = Prompts(request.Prompts), Count = count };
        var pipeline = new PipelineFile
        {
            Name = "samples",
            Description = $"Completions of {Path.GetFileName(model)} for people to rank",
            Stages =
            [
                new PipelineStage(Candidates, new CandidatesOptions
                {
                    Model = model,
                    Prompts = prompts,
                    TrainPrompts = 0,
                    HeldOutPrompts = 0,
                    PerPrompt = perPrompt,
                    Sampling = new SamplingOptions { Temperature = temperature, MaxNewTokens = tokens },
                }),
                new PipelineStage(Label, new LabelOptions { Name = Name(request, model), Wait = false }),
            ],
        };
        return await pipelines.StartAsync(pipeline.Name, pipeline.ToJson(), command: null, startedBy, stop);
    }

    private static string Name(SampleRequest request, string model) =>
        !string.IsNullOrWhiteSpace(request.Name) ? request.Name.Trim()
        : model == BundledPolicy.Folder ? "Samples of the bundled policy"
        : $"Samples of {Path.GetFileName(model)}";

    private static string Model(string? given)
    {
        if (string.IsNullOrWhiteSpace(given))
            return BundledPolicy.Folder ?? throw new UserError("model: this installation has no policy of its own; give the folder of one");
        string folder = given.Trim();
        if (folder.Contains('\0') || !Path.IsPathFullyQualified(folder))
            throw new UserError($"model: '{folder}' is not the full path of a folder, such as /models/SmolLM2-135M-Instruct");
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        return File.Exists(Path.Combine(folder, "config.json"))
            ? folder
            : throw new UserError($"model: {folder}: no config.json there: not the folder of a model (a Hugging Face folder with "
                + $"config.json, model.safetensors and tokenizer.json)");
    }

    /// <summary>The source of prompts: lines that were typed become a file of the home folder.</summary>
    private string Prompts(string? lines)
    {
        string[] prompts = [.. (lines ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
        if (prompts.Length == 0)
            return Grammar;
        string text = string.Concat(prompts.Select(prompt => JsonSerializer.Serialize(new { prompt }) + "\n"));
        Directory.CreateDirectory(home.Prompts);
        // A name that says nothing of the content: prompts can be erased.
        string file = Path.Combine(home.Prompts, $"{Guid.CreateVersion7()}.jsonl");
        AtomicFile.WriteText(file, text);
        return file;
    }

    private static int Between(int value, int low, int high, string name) => value >= low && value <= high
        ? value
        : throw new UserError($"{name} must be between {low} and {high}; got {value}");
}
