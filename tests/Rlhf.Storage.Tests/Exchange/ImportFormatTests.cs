using Rlhf.Core;
using Rlhf.Storage.Exchange.Import;
using Rlhf.Testing;

namespace Rlhf.Storage.Tests.Exchange;

/// <summary>A small file of each format that people bring: recognized by its columns, and read in the right direction.</summary>
public sealed class ImportFormatTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("preferences", """{"prompt":"p","chosen":" good","rejected":" bad"}""", "p| good| bad => 1 > 2")]
    [InlineData("preferences", """{"chosen":"\n\nHuman: q\n\nAssistant: good","rejected":"\n\nHuman: q\n\nAssistant: bad"}""", "q|good|bad => 1 > 2")]
    [InlineData("preferences", """{"prompt":"q","prompt_id":"x","messages":[],"score_chosen":7,"score_rejected":7,"chosen":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}],"rejected":[{"role":"user","content":"q"},{"role":"assistant","content":"b"}]}""", "q|a|b => 1 = 2")]
    [InlineData("preferences", """{"prompt":"p","completions":["a","b","c"],"ranks":[2,1,2]}""", "p|a|b|c => 2 > 1 = 3")]
    [InlineData("helpsteer2-preference", """{"prompt":"p","response_1":"a","response_2":"b","preference_strength":-2}""", "p|a|b => 1 > 2 (2)")]
    [InlineData("helpsteer2-preference", """{"prompt":"p","response_1":"a","response_2":"b","preference_strength":0}""", "p|a|b => 1 = 2")]
    [InlineData("helpsteer3", """{"domain":"code","language":"c","context":[{"role":"user","content":"p"}],"response1":"a","response2":"b","overall_preference":3,"individual_preference":[]}""", "p|a|b => 2 > 1 (3)")]
    [InlineData("helpsteer3", """{"context":[{"role":"user","content":"p"}],"response1":"a","response2":"b","overall_preference":-1}""", "p|a|b => 1 > 2 (1)")]
    [InlineData("helpsteer3", """{"context":[{"role":"user","content":"p"}],"response1":"a","response2":"b","overall_preference":-1,"individual_preference":[{"score":-2,"reasoning":"shorter","feedback_1":"f","feedback_2":"g"},{"score":1,"reasoning":"warmer"},{"score":0}]}""", "p|a|b => annotator-1: feedback_1 'f'; feedback_2 'g'; 1 > 2 (2); reasoning 'shorter' & annotator-2: 2 > 1 (1); reasoning 'warmer' & annotator-3: 1 = 2")]
    [InlineData("shp", """{"post_id":"x","domain":"d","history":"p","human_ref_A":"a","human_ref_B":"b","labels":1,"score_A":9,"score_B":2}""", "p|a|b => 1 > 2")]
    [InlineData("shp", """{"post_id":"x","domain":"d","history":"p","human_ref_A":"a","human_ref_B":"b","labels":0}""", "p|a|b => 2 > 1")]
    [InlineData("arena", """{"question_id":"x","model_a":"m","model_b":"n","winner":"model_b","judge":"j1","conversation_a":[{"role":"user","content":"p"},{"role":"assistant","content":"a"}],"conversation_b":[{"role":"user","content":"p"},{"role":"assistant","content":"b"}]}""", "p|a|b => j1: 2 > 1")]
    [InlineData("arena", """{"model_a":"m","model_b":"n","winner":"tie","conversation_a":[{"role":"user","content":"p"},{"role":"assistant","content":"a"}],"conversation_b":[{"role":"user","content":"p"},{"role":"assistant","content":"b"}]}""", "p|a|b => 1 = 2")]
    [InlineData("arena", """{"model_a":"m","model_b":"n","winner":"tie (bothbad)","conversation_a":[{"role":"user","content":"p"},{"role":"assistant","content":"a"}],"conversation_b":[{"role":"user","content":"p"},{"role":"assistant","content":"b"}]}""", "p|a|b => 1 = 2, none acceptable")]
    [InlineData("pandalm", """{"idx":0,"cmp_key":"m_n","instruction":"p","input":"i","response1":"a","response2":"b","annotator1":1,"annotator2":2,"annotator3":0}""", "p\n\ni|a|b => annotator1: 1 > 2 & annotator2: 2 > 1 & annotator3: 1 = 2")]
    [InlineData("pair", """{"prompt":"p","response_1":"a","response_2":"b","winner":"b"}""", "p|a|b => 2 > 1")]
    [InlineData("completions", """{"prompt":"p","completions":["a",{"text":"b","source":"m"},[{"role":"assistant","content":"c"}]]}""", "p|a|b|c => ")]
    [InlineData("argilla", """{"id":"1","status":"completed","fields":{"prompt":"p","response_1":"a","response_2":"b","response_3":"c"},"responses":{"order":[{"value":["response_3","response_1","response_2"],"user_id":"u","status":"submitted"},{"value":["response_1","response_2","response_3"],"user_id":"v","status":"draft"}]}}""", "p|a|b|c => u: 3 > 1 > 2")]
    [InlineData("argilla", """{"id":"1","prompt":"p","response_1":"a","response_2":"b","order.responses":[[{"value":"response_2","rank":1},{"value":"response_1","rank":1}],[{"value":"response_2","rank":1},{"value":"response_1","rank":2}]],"order.responses.users":["u","v"],"order.responses.status":["discarded","submitted"]}""", "p|a|b => v: 2 > 1")]
    [InlineData("argilla", """{"fields":{"instruction":"p","response-a1":"a","response-a2":"b"},"responses":{"better":[{"value":"response-a2","user_id":"u"}]}}""", "p|a|b => u: 2 > 1")]
    [InlineData("argilla", """{"fields":{"prompt":"p","response_1":"a","response_2":"b"},"responses":{"order":[{"value":["response_2","response_1"],"user_id":"u","status":"submitted"}],"quality_1":[{"value":2,"user_id":"u","status":"submitted"}],"quality_2":[{"value":5,"user_id":"u","status":"submitted"}],"why":[{"value":"it is shorter","user_id":"u","status":"submitted"},{"value":"never sent","user_id":"v","status":"draft"}],"safe":[{"value":["yes","clear"],"user_id":"u","status":"submitted"}],"effort":[{"value":3,"user_id":"u","status":"submitted"}]}}""", "p|a|b => u: effort [3]; quality 2, 5; 2 > 1; safe [yes, clear]; why 'it is shorter'")]
    [InlineData("argilla", """{"instruction":"p","response":"a","rating.responses":[4,1],"rating.responses.users":["u","v"],"rating.responses.status":["submitted","submitted"],"note.responses":["fine"],"note.responses.users":["v"]}""", "p|a => u: rating 4 & v: note 'fine'; rating 1")]
    [InlineData("label-studio", """[{"data":{"prompt":"p","answer1":"a","answer2":"b"},"annotations":[{"completed_by":6,"result":[{"type":"pairwise","from_name":"pw","to_name":"answer1,answer2","value":{"selected":"right"}},{"type":"rating","from_name":"quality1","to_name":"answer1","value":{"rating":2}},{"type":"rating","from_name":"quality2","to_name":"answer2","value":{"rating":4}},{"type":"textarea","from_name":"why","to_name":"prompt","value":{"text":["one","two"]}},{"type":"choices","from_name":"safe","to_name":"prompt","value":{"choices":["yes"]}}]},{"completed_by":7,"result":[{"type":"pairwise","to_name":"answer1,answer2","value":{"selected":"left"}}]}]}]""", "p|a|b => 6: quality 2, 4; 2 > 1; safe [yes]; why 'one\ntwo' & 7: 1 > 2")]
    [InlineData("label-studio", """[{"data":{"conversation":[{"role":"user","content":"p"}],"response":"a"},"annotations":[{"completed_by":6,"result":[{"type":"rating","from_name":"quality","to_name":"response","value":{"rating":2}},{"type":"choices","from_name":"flags","to_name":"response","value":{"choices":["spam"]}}]}]}]""", "p|a => 6: flags 1 [spam]; quality 2")]
    [InlineData("label-studio", """[{"data":{"prompt":"p","items":[{"id":"x","body":"a"},{"id":"y","body":"b"}]},"annotations":[{"completed_by":3,"result":[{"type":"ranker","from_name":"order","value":{"ranker":["y","x"]}},{"type":"textarea","from_name":"why","value":{"text":["because"]}},{"type":"rating","from_name":"hard","value":{"rating":3}}]}]}]""", "p|a|b => 3: hard [3]; 2 > 1; why 'because'")]
    [InlineData("label-studio", """[{"id":1,"data":{"prompt":"p","items":[{"id":"x","title":"t","body":"a"},{"id":"y","body":"b"},{"id":"z","body":"c"}]},"annotations":[{"completed_by":3,"was_cancelled":false,"result":[{"type":"ranker","value":{"ranker":["z","x","y"]}}]}]}]""", "p|a|b|c => 3: 3 > 1 > 2")]
    [InlineData("label-studio", """[{"data":{"prompt":"p","items":[{"id":"x","body":"a"},{"id":"y","body":"b"},{"id":"z","body":"c"}]},"annotations":[{"completed_by":{"id":4},"result":[{"value":{"ranker":{"_":["x"],"rank":["z","y"]}}}]}]}]""", "p|a|b|c => 4: 3 > 2")]
    [InlineData("label-studio", """[{"data":{"prompt":"p","items":[{"id":"x","body":"a"},{"id":"y","body":"b"},{"id":"z","body":"c"}]},"annotations":[{"completed_by":4,"result":[{"value":{"ranker":{"good":["z","y"],"bad":["x"]}}}]}]}]""", "p|a|b|c => 4: 3 = 2 > 1")]
    [InlineData("label-studio", """[{"data":{"prompt":"p","answer1":"a","answer2":"b"},"annotations":[{"completed_by":5,"was_cancelled":true,"result":[{"value":{"selected":"left"}}]},{"completed_by":6,"result":[{"type":"pairwise","to_name":"answer1,answer2","value":{"selected":"right"}}]}]}]""", "p|a|b => 6: 2 > 1")]
    public void Each_format_is_recognized_and_has_its_direction(string format, string content, string expected)
    {
        var preview = Preview(content);
        Assert.Equal(format, preview.Format);
        Assert.Empty(preview.BadLines);
        Assert.Equal(expected, Shown(Assert.Single(preview.Rows)));
    }

    [Fact]
    public void HelpSteer2_takes_two_consecutive_rows_and_its_flattened_turns()
    {
        var preview = Preview("""
            {"prompt":"p","response":"a","helpfulness":2,"correctness":1,"coherence":4,"complexity":1,"verbosity":0}
            {"prompt":"p","response":"b","helpfulness":4,"correctness":4,"coherence":4,"complexity":2,"verbosity":1}
            {"prompt":"alone","response":"c","helpfulness":4}
            {"prompt":"one\n<extra_id_1>Assistant\ntwo\n<extra_id_1>User\nthree\n<extra_id_1>Assistant\n","response":"c","helpfulness":3}
            {"prompt":"one\n<extra_id_1>Assistant\ntwo\n<extra_id_1>User\nthree\n<extra_id_1>Assistant\n","response":"d","helpfulness":3}
            """);
        Assert.Equal(
        [
            "p|a|b => coherence 4, 4; complexity 1, 2; correctness 1, 4; helpfulness 2, 4; 2 > 1; verbosity 0, 1",
            "user: one\n\nassistant: two\n\nuser: three|c|d => helpfulness 3, 3; 1 = 2",
        ], preview.Rows.Select(Shown));
        Assert.Equal([3], preview.BadLines.Select(b => b.Line));
    }

    [Fact]
    public void Unpaired_rows_of_one_prompt_are_one_task()
    {
        var preview = Preview("""
            {"prompt":"p","completion":"a","label":false}
            {"prompt":"p","completion":"b","label":true}
            {"prompt":"q","completion":"c","label":true}
            """);
        Assert.Equal("unpaired", preview.Format);
        Assert.Equal(["p|a|b => label 0, 1; 2 > 1", "q|c => label 1"], preview.Rows.Select(Shown));
    }

    [Fact]
    public void Oasst_trees_and_messages_give_the_same_tasks()
    {
        const string Tree = """
            {"message_tree_id":"t","tree_state":"ready_for_export","prompt":{"message_id":"t","text":"p","role":"prompter","replies":[
            {"message_id":"a","text":"A","role":"assistant","rank":1,"replies":[{"message_id":"q","text":"Q","role":"prompter","replies":[
            {"message_id":"x","text":"X","role":"assistant","rank":0,"replies":[]},{"message_id":"y","text":"Y","role":"assistant","rank":1,"replies":[]}]}]},
            {"message_id":"b","text":"B","role":"assistant","rank":0,"replies":[]},
            {"message_id":"c","text":"C","role":"assistant","rank":null,"replies":[]},
            {"message_id":"d","text":"D","role":"assistant","rank":2,"deleted":true,"replies":[]}]}}
            """;
        const string Messages = """
            {"message_id":"t","parent_id":null,"message_tree_id":"t","text":"p","role":"prompter"}
            {"message_id":"a","parent_id":"t","message_tree_id":"t","text":"A","role":"assistant","rank":1}
            {"message_id":"b","parent_id":"t","message_tree_id":"t","text":"B","role":"assistant","rank":0}
            {"message_id":"c","parent_id":"t","message_tree_id":"t","text":"C","role":"assistant","rank":null}
            {"message_id":"d","parent_id":"t","message_tree_id":"t","text":"D","role":"assistant","rank":2,"deleted":true}
            {"message_id":"q","parent_id":"a","message_tree_id":"t","text":"Q","role":"prompter"}
            {"message_id":"x","parent_id":"q","message_tree_id":"t","text":"X","role":"assistant","rank":0}
            {"message_id":"y","parent_id":"q","message_tree_id":"t","text":"Y","role":"assistant","rank":1}
            {"message_id":"o","parent_id":"nowhere","message_tree_id":"u","text":"O","role":"prompter"}
            """;
        string[] expected = ["p|A|B|C => 2 > 1", "user: p\n\nassistant: A\n\nuser: Q|X|Y => 1 > 2"];
        var trees = Preview(Tree.ReplaceLineEndings(""));
        Assert.Equal("oasst-trees", trees.Format);
        Assert.Equal(expected, trees.Rows.Select(Shown));
        var messages = Preview(Messages);
        Assert.Equal("oasst-messages", messages.Format);
        Assert.Equal(expected, messages.Rows.Select(Shown));
        Assert.Contains("answers nowhere, which is not among the messages of its tree", Assert.Single(messages.BadLines).Reason);
    }

    [Fact]
    public void An_order_that_nobody_touched_is_no_answer()
    {
        var preview = Preview("""
            [{"data":{"prompt":"p","items":[{"id":"x","body":"a"},{"id":"y","body":"b"}]},"annotations":[{"completed_by":3,"result":[{"value":{"ranker":["x","y"]}}]}]},
             {"data":{"prompt":"p","items":[{"id":"x","body":"a"},{"id":"y","body":"b"}]},"annotations":[{"completed_by":3,"result":[{"value":{"ranker":["y","x"]}}]}]}]
            """);
        Assert.Equal("p|a|b => 3: 2 > 1", Shown(Assert.Single(preview.Rows)));
        Assert.Contains("also stores when nobody touched them", Assert.Single(preview.BadLines).Reason);
    }

    [Theory]
    [InlineData("preference_implicit_standard", "after_extract_prompt.json")]
    [InlineData("preference_implicit_conversational", "after_extract_prompt.json")]
    [InlineData("preference_explicit_standard", null)]
    [InlineData("preference_explicit_conversational", null)]
    public void Trl_files_are_the_same_as_json_lines_and_as_parquet(string set, string? expected)
    {
        string folder = SharedData.Require($"data/ecosystem/trl-datasets/{set}");
        var lines = ProjectImport.Preview(new ImportSource(Path.Combine(folder, "data.jsonl")), rows: 100);
        var parquet = ProjectImport.Preview(new ImportSource(Path.Combine(folder, "data.parquet")), rows: 100);
        Assert.Equal(("preferences", 8, 0), (lines.Format, lines.Rows.Count, lines.BadLines.Count));
        Assert.Equal(lines.Rows.Select(Shown), parquet.Rows.Select(Shown));
        Assert.Equal(lines.Columns, parquet.Columns);
        if (expected is not null)
        {
            // The same file with a prompt of its own.
            File.WriteAllText(_folder["explicit.json"], File.ReadAllText(Path.Combine(folder, expected)));
            var cut = ProjectImport.Preview(new ImportSource(_folder["explicit.json"]), rows: 100);
            Assert.Equal(cut.Rows.Select(Shown), lines.Rows.Select(Shown));
        }
    }

    [Theory]
    [InlineData("unpaired_preference_standard")]
    [InlineData("unpaired_preference_conversational")]
    public void Unpaired_trl_files_are_read_too(string set)
    {
        string folder = SharedData.Require($"data/ecosystem/trl-datasets/{set}");
        var lines = ProjectImport.Preview(new ImportSource(Path.Combine(folder, "data.jsonl")), rows: 100);
        var parquet = ProjectImport.Preview(new ImportSource(Path.Combine(folder, "data.parquet")), rows: 100);
        Assert.Equal(("unpaired", 0), (lines.Format, lines.BadLines.Count));
        Assert.Equal(8, lines.Rows.Sum(r => r.Completions.Count));
        Assert.Equal(lines.Rows.Select(Shown), parquet.Rows.Select(Shown));
    }

    [Fact]
    public void A_mapping_names_the_columns_of_any_other_file()
    {
        File.WriteAllText(_folder["a.csv"], "id;question;better;worse\n1;p;a;b\n");
        var source = new ImportSource(_folder["a.csv"]);
        string refusal = Assert.Throws<UserError>(() => ProjectImport.Preview(source)).Message;
        Assert.Contains("no format that is known here has the columns 'id', 'question', 'better', 'worse'", refusal);
        Assert.Contains("--map prompt=question", refusal);
        var preview = ProjectImport.Preview(source with { Map = ["prompt=question", "chosen=better", "rejected=worse"] });
        Assert.Equal("p|a|b => 1 > 2", Shown(Assert.Single(preview.Rows)));
        Assert.Equal(["id", "question", "better", "worse"], preview.Columns);

        File.WriteAllText(_folder["nested.jsonl"], """{"data":{"q":"p","l":"a","r":"b"},"winner":1}""");
        preview = ProjectImport.Preview(new ImportSource(_folder["nested.jsonl"])
        {
            Map = ["prompt=data.q", "response_1=data.l", "response_2=data.r"],
        });
        Assert.Equal("p|a|b => 1 > 2", Shown(Assert.Single(preview.Rows)));
    }

    [Theory]
    [InlineData("prompt", "is no mapping; expected NAME=COLUMN")]
    [InlineData("promt=question", "no format has a column 'promt'")]
    [InlineData("prompt=nothing", "no column 'nothing', which the mapping names; the row has 'chosen', 'rejected'")]
    public void A_mapping_that_maps_nothing_is_refused(string map, string message)
    {
        File.WriteAllText(_folder["a.jsonl"], """{"chosen":"a","rejected":"b"}""");
        Assert.Contains(message, Assert.Throws<UserError>(() =>
            ProjectImport.Preview(new ImportSource(_folder["a.jsonl"]) { Map = [map] })).Message);
    }

    [Theory]
    [InlineData("a.jsonl", "<!DOCTYPE html>\n<html>", "is a web page")]
    [InlineData("a.json", "hello", "begins with neither")]
    [InlineData("a.json", "[{\"chosen\":\"a\",\"rejected\":\"b\"},", "in or after item")]
    [InlineData("a.jsonl", "", "no row in it that can be read")]
    public void What_holds_no_rows_is_said(string name, string content, string message)
    {
        File.WriteAllText(_folder[name], content);
        Assert.Contains(message, Assert.Throws<UserError>(() => ProjectImport.Preview(new ImportSource(_folder[name]))).Message);
    }

    [Fact]
    public void A_format_that_is_named_is_the_one_that_is_read()
    {
        File.WriteAllText(_folder["a.jsonl"], """{"prompt":"p","chosen":"a","rejected":"b","completions":["x","y"]}""");
        Assert.Equal("p|a|b => 1 > 2", Shown(ProjectImport.Preview(new ImportSource(_folder["a.jsonl"])).Rows[0]));
        Assert.Equal("p|x|y => ", Shown(ProjectImport.Preview(new ImportSource(_folder["a.jsonl"]) { Format = "completions" }).Rows[0]));
        // What kind of file it is says nothing of its columns.
        Assert.Equal("p|a|b => 1 > 2", Shown(ProjectImport.Preview(new ImportSource(_folder["a.jsonl"]) { Format = "csv" }).Rows[0]));
        Assert.Contains("there is no import format 'xyz'; there are rankings, ",
            Assert.Throws<UserError>(() => ProjectImport.Preview(new ImportSource(_folder["a.jsonl"]) { Format = "xyz" })).Message);
    }

    public void Dispose() => _folder.Dispose();

    private ImportPreview Preview(string content)
    {
        string path = _folder[content.StartsWith('[') ? "a.json" : "a.jsonl"];
        File.WriteAllText(path, content);
        return ProjectImport.Preview(new ImportSource(path));
    }

    private static string Shown(PreviewRow row) =>
        $"{row.Prompt}|{string.Join('|', row.Completions)} => {string.Join(" & ", row.Answers)}";

}
