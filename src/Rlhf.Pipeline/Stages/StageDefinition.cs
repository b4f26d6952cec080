using Rlhf.Core.Options;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages.Planning;
using Rlhf.Storage.Entities;

namespace Rlhf.Pipeline.Stages;

/// <summary>
/// Everything the pipeline knows about one kind of stage. A stage declares its own definition in its own file, and
/// <see cref="StageTable"/> lists them: verbs, help, planning, inputs of later stages and execution all follow from it.
/// </summary>
public sealed record StageDefinition
{
    /// <summary>The name in pipeline files and on the command line.</summary>
    public required string Kind { get; init; }

    /// <summary>What the stage does, in one sentence: the help text of its verb.</summary>
    public required string Summary { get; init; }

    /// <summary>The record that holds the options.</summary>
    public required Type OptionsType { get; init; }

    /// <summary>What kind of checkpoint <c>model/</c> is; null where the stage trains nothing.</summary>
    public CheckpointKind? Checkpoint { get; init; }

    /// <summary>Whether it trains on a dataset version, which is written into the run's folder when the run is planned.</summary>
    public bool TrainsOnRankings { get; init; }

    /// <summary>
    /// The type that does the work inside the hub (no child process, no torch); null where a child process computes the run.
    /// </summary>
    public Type? HubWork { get; init; }

    /// <summary>The inputs, overridden by those that the options name.</summary>
    public required Func<StageInputs, StageOptions, StageInputs> Override { get; init; }

    /// <summary>The inputs of the stages that follow, given the stage's options and the attempt that succeeded.</summary>
    public required Func<StageInputs, StageOptions, AttemptFolder, StageInputs> AddOutputs { get; init; }

    /// <summary>Options that depend on the stages before, resolved.</summary>
    public Func<StageOptions, StageInputs, StageOptions> Resolve { get; init; } = (options, _) => options;

    /// <summary>Writes what the run reads into its folder and names everything that it starts from.</summary>
    public required Func<StageOptions, StageInputs, RunFolder, IEnumerable<RunInput>> Plan { get; init; }

    /// <summary>Computes the run in this process and returns its result.</summary>
    public required Func<AttemptFolder, LineObserver, object> Execute { get; init; }

    /// <summary>A stage with options of type <typeparamref name="TOptions"/>.</summary>
    /// <param name="kind">The name in pipeline files and on the command line.</param>
    /// <param name="summary">The help text of the verb.</param>
    /// <param name="plan">Names the inputs of a run.</param>
    /// <param name="execute">Computes a run in its child process; null for work of the hub.</param>
    /// <param name="take">Inputs that the options name; null where they name none.</param>
    /// <param name="give">Inputs of later stages; null where the stage makes none.</param>
    public static StageDefinition Create<TOptions>(
        string kind, string summary,
        Func<TOptions, StageInputs, RunFolder, IEnumerable<RunInput>> plan,
        Func<AttemptFolder, TOptions, LineObserver, object>? execute,
        Func<StageInputs, TOptions, StageInputs>? take = null,
        Func<StageInputs, AttemptFolder, StageInputs>? give = null) where TOptions : StageOptions => new()
        {
            Kind = kind,
            Summary = summary,
            OptionsType = typeof(TOptions),
            Override = (inputs, options) => take?.Invoke(inputs, (TOptions)options) ?? inputs,
            AddOutputs = (inputs, _, run) => give?.Invoke(inputs, run) ?? inputs,
            Plan = (options, inputs, folder) => plan((TOptions)options, inputs, folder),
            Execute = (folder, observer) =>
            {
                var options = folder.Run.Options<TOptions>();
                if (options is ComputeOptions compute)
                    ComputeEnvironment.Write(folder, compute);
                return (execute ?? throw new InvalidOperationException($"{kind} is the hub's own work"))(folder, options, observer);
            },
        };
}
