using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Definitions.Binding;
using Rlhf.Definitions.Templates;
using Rlhf.Definitions.Yaml;

namespace Rlhf.Definitions.Pipelines;

/// <summary>From the nodes of a pipeline file to a <see cref="PipelineFile"/>.</summary>
internal sealed class PipelineReader(string path, IReadOnlyDictionary<string, Type> stageKinds)
{
    /// <summary>The kinds of stages, and what is resolved while the file is read.</summary>
    private readonly Dictionary<string, Type> _kinds = new(stageKinds, StringComparer.Ordinal) { [Rounds.Kind] = typeof(RepeatOptions) };

    /// <summary>Keys of the file that are the defaults of every stage that has them.</summary>
    private static readonly string[] s_shared = ["device", "dtype", "threads", "seed"];

    private static readonly string[] s_top = ["name", "description", .. s_shared, "parameters", "stages"];

    public PipelineFile Read(YamlMapping root, IReadOnlyList<string> overrides)
    {
        foreach (var entry in root.Entries.Where(e => !s_top.Contains(e.Key)))
        {
            string hint = _kinds.ContainsKey(entry.Key) ? " (stages are listed under 'stages:')." : NearestName.Suggest(entry.Key, s_top);
            throw new UserError($"{entry.Place}: unknown key '{OneLine.Quote(entry.Key)}' in a pipeline{hint} Known "
                + $"keys: {string.Join(", ", s_top)}");
        }
        var parameters = ReadParameters(root);
        var stages = ReadStages(root);
        foreach (string text in overrides)
            Apply(Override.Parse(text), root, parameters, stages);
        // An override such as stages.0.reward.epochs=2 acts on the tree itself: read it again.
        stages = ReadStages(root);
        var header = (PipelineHeader)OptionBinder.Bind(
            new YamlMapping(new Place(path, 1), root.Entries.Where(e => e.Key is not ("parameters" or "stages"))), typeof(PipelineHeader),
            "pipeline");
        var references = new ParameterReferences(path, parameters);
        var bound = stages.Select(stage => (stage.Options, Stage: Bind(stage, root, references))).ToList();
        HeldOutShares.Check(bound);
        return new PipelineFile
        {
            Name = header.Name,
            Description = header.Description,
            Seed = header.Seed,
            Stages = Rounds.Expand([.. bound.Select(stage => (stage.Options.Place, stage.Stage))]),
            Parameters = parameters.Values.ToDictionary(p => p.Name, p => p.Value is null
                ? null : references.Text(p.Value), StringComparer.Ordinal),
        };
    }

    private PipelineStage Bind(StageNode stage, YamlMapping root, ParameterReferences references)
    {
        var options = (YamlMapping)references.Resolve(stage.Options);
        var type = _kinds[stage.Kind];
        foreach (string key in s_shared.Intersect(OptionProperty.PropertiesOf(type).Select(o => o.Key)))
        {
            if (options.Find(key) is null && root.Find(key) is { } shared)
                options.Entries.Add(shared);
        }
        var bound = (StageOptions)OptionBinder.Bind(options, type, stage.Kind, checkRequired: false);
        return new PipelineStage(stage.Kind, LabelTemplates.Fill(bound));
    }

    private Dictionary<string, PipelineParameter> ReadParameters(YamlMapping root)
    {
        var parameters = new Dictionary<string, PipelineParameter>(StringComparer.Ordinal);
        if (root.Find("parameters") is not { Value: not YamlScalar { IsNull: true } } section)
            return parameters;
        if (section.Value is not YamlMapping mapping)
            throw new UserError($"{section.Value.Place}: parameters must be a section: a name and a value on each line");
        foreach (var entry in mapping.Entries)
        {
            if (s_top.Contains(entry.Key) || _kinds.ContainsKey(entry.Key) || entry.Key is ParameterReferences.Here)
                throw new UserError($"{entry.Place}: a parameter cannot be called '{entry.Key}': that name has a meaning already");
            parameters.Add(entry.Key, PipelineParameter.Read(entry));
        }
        return parameters;
    }

    private List<StageNode> ReadStages(YamlMapping root)
    {
        if (root.Find("stages") is not { } section)
            throw new UserError($"{path}: no 'stages:'; a pipeline lists its stages there, each one of {string.Join(", ", _kinds.Keys)}");
        if (section.Value is not YamlSequence { Items.Count: > 0 } sequence)
            throw new UserError($"{section.Place}: stages must be a list: a line '- {_kinds.Keys.FirstOrDefault()}:' for each");
        for (int i = 0; i < sequence.Items.Count; i++)
        {
            // "- evaluate" alone is a stage with all defaults.
            if (sequence.Items[i] is YamlScalar { IsNull: false } name)
                sequence.Items[i] = new YamlMapping(name.Place, [new YamlEntry(name.Place, name.Value, new YamlMapping(name.Place, []))]);
        }
        return [.. sequence.Items.Select(ReadStage)];
    }

    private StageNode ReadStage(YamlNode node)
    {
        if (node is not YamlMapping { Entries: [var entry] } mapping)
            throw new UserError($"{node.Place}: each stage is one key, its kind, with its options below (indented by two more spaces)");
        if (!_kinds.ContainsKey(entry.Key))
            throw new UserError(
                $"{entry.Place}: unknown kind of stage '{OneLine.Quote(entry.Key)}'{NearestName.Suggest(entry.Key, _kinds.Keys)} Known "
                + $"kinds: {string.Join(", ", _kinds.Keys)}");
        if (entry.Value is YamlScalar { IsNull: true })
        {
            entry = entry with { Value = new YamlMapping(entry.Place, []) };
            mapping.Entries[0] = entry;
        }
        return entry.Value is YamlMapping options
            ? new StageNode(entry.Key, options)
            : throw new UserError($"{entry.Value.Place}: {entry.Key} must be a section with keys");
    }

    private void Apply(Override set, YamlMapping root, Dictionary<string, PipelineParameter> parameters, List<StageNode> stages)
    {
        string first = set.Path[0];
        if (set.Path.Count == 1 && parameters.TryGetValue(first, out var parameter))
        {
            parameters[first] = parameter with { Value = set.Value };
            return;
        }
        if (_kinds.ContainsKey(first) && set.Path.Count > 1)
        {
            var addressed = stages.Where(s => s.Kind == first).ToList();
            if (addressed.Count == 0)
                throw new UserError($"{set.Place}: this pipeline has no stage '{first}'; its "
                    + $"stages: {string.Join(", ", stages.Select(s => s.Kind))}");
            foreach (var stage in addressed)
                set.ApplyTo(stage.Options, start: 1);
            return;
        }
        string[] single = ["name", "description", .. s_shared];
        if (!(set.Path.Count == 1 && single.Contains(first)) && !(first == "stages" && set.Path.Count > 2))
        {
            string[] known = [.. parameters.Keys, .. single, .. stages.Select(s => s.Kind).Distinct().Select(k => k + ".…")];
            throw new UserError($"{set.Place}: this pipeline has nothing called "
                + $"'{OneLine.Quote(first)}'{NearestName.Suggest(first, [.. known, .. _kinds.Keys])} It has: {string.Join(", ", known)}");
        }
        set.ApplyTo(root);
    }

    private sealed record StageNode(string Kind, YamlMapping Options);
}
