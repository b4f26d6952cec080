using System.Text.Json;
using Rlhf.Core;
using static TorchSharp.torch;

namespace Rlhf.Models.Checkpoints;

/// <summary>The tensors of a model folder by name, from model.safetensors or from the shards in its index.</summary>
internal sealed class ModelWeights : IDisposable
{
    public const string SingleFile = "model.safetensors";
    public const string IndexFile = "model.safetensors.index.json";

    private readonly Dictionary<string, SafetensorsFile> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (SafetensorsFile File, SafetensorsEntry Entry)> _tensors = new(StringComparer.Ordinal);

    private ModelWeights(string folder) => Folder = folder;

    public string Folder { get; }

    public IReadOnlyCollection<string> Names => _tensors.Keys;

    /// <exception cref="UserError">
    /// There are no weights, or the index names files outside of the folder or tensors that do not exist.
    /// </exception>
    public static ModelWeights Open(string folder)
    {
        var weights = new ModelWeights(folder);
        try
        {
            if (File.Exists(Path.Combine(folder, SingleFile)))
                weights.AddAll(SingleFile);
            else if (File.Exists(Path.Combine(folder, IndexFile)))
                weights.AddIndexed();
            else
                throw new UserError($"{folder} has neither {SingleFile} nor {IndexFile}");
            return weights;
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>Renames every tensor.</summary>
    public void Rename(Func<string, string> rename)
    {
        foreach (var (name, tensor) in _tensors.ToList())
        {
            _tensors.Remove(name);
            if (!_tensors.TryAdd(rename(name), tensor))
                throw new UserError($"{Folder}: the tensor \"{DisplayText.Text(rename(name))}\" occurs twice");
        }
    }

    public IReadOnlyList<long> Shape(string name) => _tensors[name].Entry.Shape;

    /// <summary>
    /// Whether two tensors, possibly of different files, have equal shapes and numbers. False if one is absent.
    /// </summary>
    public bool HaveSameNumbers(string one, string other) =>
        _tensors.TryGetValue(one, out var a) && _tensors.TryGetValue(other, out var b) && SafetensorsFile.HaveSameNumbers(a, b);

    public void ReadInto(string name, Tensor destination)
    {
        var (file, entry) = _tensors[name];
        file.ReadInto(entry, destination);
    }

    public void Dispose()
    {
        foreach (var file in _files.Values)
            file.Dispose();
    }

    private void AddAll(string fileName)
    {
        var file = OpenFile(fileName);
        foreach (var entry in file.Entries.Values)
            _tensors.Add(entry.Name, (file, entry));
    }

    private void AddIndexed()
    {
        string index = Path.Combine(Folder, IndexFile);
        var map = new JsonFields(JsonFile.Read(index), index).Object("weight_map")
            ?? throw new UserError($"{index}: \"weight_map\" is missing");
        foreach (var (name, value) in map)
        {
            string fileName = value?.GetValueKind() == JsonValueKind.String
                ? value.GetValue<string>()
                : throw new UserError($"{index}: \"{DisplayText.Text(name)}\" must name a file");
            // Shards are in the folder of their index, so a name with a folder separator is invalid.
            if (fileName.Length == 0 || fileName.AsSpan().IndexOfAny('/', '\\', '\0') >= 0 || fileName is "." or ".."
                || Path.IsPathRooted(fileName))
                throw new UserError($"{index}: \"{DisplayText.Text(name)}\" is mapped to \"{DisplayText.Text(fileName)}\"; a shard must be "
                    + "a file name without a folder");
            if (!_files.TryGetValue(fileName, out var file))
                file = OpenFile(fileName);
            if (!file.Entries.TryGetValue(name, out var entry))
                throw new UserError($"{index}: \"{DisplayText.Text(name)}\" is mapped to {DisplayText.Text(fileName)}, but that "
                    + "file does not contain it");
            _tensors.Add(name, (file, entry));
        }
    }

    private SafetensorsFile OpenFile(string fileName)
    {
        string path = Path.Combine(Folder, fileName);
        LinkTarget.Check(Folder, path);
        var file = SafetensorsFile.Open(path);
        _files.Add(fileName, file);
        return file;
    }
}
