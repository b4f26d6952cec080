using Rlhf.Core;
using Rlhf.Models.Checkpoints;
using Rlhf.Testing;

namespace Rlhf.Models.Tests.Checkpoints;

public sealed class ModelConfigTests
{
    private const string Llama = """
        "model_type": "llama", "vocab_size": 10, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16
        """;

    [Fact]
    public void Absent_and_null_values_are_those_of_transformers()
    {
        var config = Read("{" + Llama + ", \"num_key_value_heads\": null, \"head_dim\": null, \"rope_scaling\": null, \"pad_token_id\": "
            + "null, \"eos_token_id\": null}");
        Assert.Equal((2, 4, 1e-6, 10000.0), (config.KvHeads, config.HeadDim, config.NormEps, config.RopeTheta));
        Assert.Null(config.RopeScaling);
        Assert.Null(config.PadId);
        Assert.Empty(config.EosIds);
        Assert.Equal("LlamaForCausalLM", config.Architecture);
        Assert.Equal(2, config.NumLabels);
        Assert.False(config.TieWordEmbeddings);
        Assert.Equal(0, config.PaddingId);
    }

    /// <summary>Tokenizers may have a pad token that their model has no embedding for. A negative id is none.</summary>
    [Theory]
    [InlineData(9, 9)]
    [InlineData(10, 0)]
    [InlineData(32000, 0)]
    [InlineData(-1, 0)]
    public void A_pad_id_beyond_the_vocabulary_fills_no_place(int pad, int expected) =>
        Assert.Equal(expected, Read("{" + Llama + $", \"pad_token_id\": {pad}}}").PaddingId);

    [Theory]
    [InlineData("\"rope_theta\": 500.0")]
    [InlineData("\"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": 500.0}")]
    [InlineData("\"rope_parameters\": {\"rope_theta\": 500.0}, \"rope_theta\": 10000.0")]
    public void The_rotary_base_is_read_where_any_version_writes_it(string rope) =>
        Assert.Equal(500, Read("{" + Llama + ", " + rope + "}").RopeTheta);

    [Theory]
    [InlineData("\"rope_scaling\": {\"type\": \"linear\", \"factor\": 4.0}")]
    [InlineData("\"rope_parameters\": {\"rope_type\": \"linear\", \"factor\": 4.0}")]
    public void Linear_scaling_divides_every_frequency(string rope)
    {
        var scaling = Read("{" + Llama + ", " + rope + "}").RopeScaling!;
        Assert.Equal(0.25, scaling.Apply(1), 1e-12);
        Assert.Equal(0.00025, scaling.Apply(0.001), 1e-12);
    }

    [Fact]
    public void Eos_ids_of_both_files_end_a_text()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["config.json"], "{" + Llama + ", \"eos_token_id\": [2, 3]}");
        File.WriteAllText(folder["generation_config.json"], """{"eos_token_id": [3, 7]}""");
        Assert.Equal([2, 3, 7], ModelConfig.Load(folder.Path).EosIds);
    }

    [Fact]
    public void The_labels_decide_how_many_outputs_there_are() =>
        Assert.Equal(3, Read("{" + Llama + ", \"id2label\": {\"0\": \"a\", \"1\": \"b\", \"2\": \"c\"}}").NumLabels);

    [Theory]
    [InlineData("{}", "model_type")]
    [InlineData("[]", "an object")]
    [InlineData("null", "an object")]
    [InlineData("{\"model_type\": \"llama\"}", "hidden_size")]
    [InlineData("{\"model_type\": \"nonsense\"}", "nonsense")]
    [InlineData("{\"model_type\": 3}", "a text")]
    [InlineData("{\"model_type\": \"llama\", \"model_type\": \"gpt2\"}", "not valid JSON")]
    [InlineData("{\"model_type\": \"ll", "not valid JSON")]
    [InlineData("{\"model_type\": \"\\ud800\"}", "config.json")]
    [InlineData("{" + Llama + ", \"rms_norm_eps\": NaN}", "not valid JSON")]
    [InlineData("{" + Llama + ", \"rms_norm_eps\": 1e999}", "rms_norm_eps")]
    [InlineData("{" + Llama + ", \"rms_norm_eps\": -1}", "rms_norm_eps")]
    [InlineData("{" + Llama + ", \"num_key_value_heads\": 3}", "share")]
    [InlineData("{" + Llama + ", \"num_key_value_heads\": 0}", "num_key_value_heads")]
    [InlineData("{" + Llama + ", \"head_dim\": 3}", "even")]
    [InlineData("{" + Llama + ", \"head_dim\": 2.5}", "head_dim")]
    [InlineData("{" + Llama + ", \"hidden_act\": \"magic\"}", "magic")]
    [InlineData("{" + Llama + ", \"rope_scaling\": {\"type\": \"yarn\"}}", "yarn")]
    [InlineData("{" + Llama + ", \"rope_scaling\": {\"type\": \"linear\"}}", "\"factor\" is missing")]
    [InlineData("{" + Llama + ", \"rope_scaling\": {\"type\": \"linear\", \"factor\": null}}", "\"factor\" is missing")]
    [InlineData("{" + Llama + ", \"rope_parameters\": {\"rope_type\": \"linear\", \"rope_theta\": 500.0}}", "\"factor\" is missing")]
    [InlineData("{" + Llama + ", \"rope_scaling\": {\"factor\": 4.0}}", "\"rope_type\" is missing")]
    [InlineData("{" + Llama
        + ", \"rope_scaling\": {\"rope_type\": \"llama3\", \"low_freq_factor\": 1.0, \"high_freq_factor\": 4.0,"
        + " \"original_max_position_embeddings\": 64}}",
        "\"factor\" is missing")]
    [InlineData("{" + Llama
        + ", \"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 8.0, \"high_freq_factor\": 4.0,"
        + " \"original_max_position_embeddings\": 64}}",
        "\"low_freq_factor\" is missing")]
    [InlineData("{" + Llama
        + ", \"rope_parameters\": {\"rope_type\": \"llama3\", \"factor\": 8.0, \"low_freq_factor\": 1.0,"
        + " \"original_max_position_embeddings\": 64}}",
        "\"high_freq_factor\" is missing")]
    [InlineData("{" + Llama
        + ", \"rope_parameters\": {\"rope_type\": \"llama3\", \"factor\": 8.0, \"low_freq_factor\": 1.0, \"high_freq_factor\": 4.0}}",
        "original_max_position_embeddings")]
    [InlineData("{" + Llama
        + ", \"rope_parameters\": {\"rope_type\": \"llama3\", \"factor\": 8.0, \"low_freq_factor\": 4.0, \"high_freq_factor\": 4.0,"
        + " \"original_max_position_embeddings\": 64}}",
        "larger than")]
    [InlineData("{" + Llama + ", \"rope_parameters\": {\"rope_theta\": 500.0}, \"rope_scaling\": {\"type\": \"linear\", \"factor\": 4.0}}",
        "different scalings")]
    [InlineData("{" + Llama + ", \"max_position_embeddings\": 1000000000000}", "max_position_embeddings")]
    [InlineData("{" + Llama + ", \"eos_token_id\": \"x\"}", "eos_token_id")]
    public void Wrong_values_are_one_line_that_names_them(string json, string named)
    {
        var error = Assert.Throws<UserError>(() => Read(json));
        Assert.Contains(named, error.Message);
        Assert.Contains("config.json", error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Deep_nesting_is_refused() =>
        Assert.Contains("not valid JSON",
            Assert.Throws<UserError>(() => Read("{\"x\": " + new string('[', 100_000) + new string(']', 100_000) + "}")).Message);

    private static ModelConfig Read(string json)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["config.json"], json);
        return ModelConfig.Load(folder.Path);
    }
}
