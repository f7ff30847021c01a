using System.Text.Json;

namespace ControlTower.Verify;

internal static class Report
{
    private const int WidestCell = 60;

    public static async Task WriteTextAsync(IReadOnlyList<Finding> findings, TextWriter output)
    {
        foreach (var finding in findings)
        {
            var mark = finding switch { { Error: not null } => "??  ", { Skipped: not null } => "--  ", { Count: 0 } => "ok  ", _ => "FAIL" };
            await output.WriteLineAsync($"{mark} {finding.Count,8}  {finding.Name,-34} {finding.Error ?? finding.Skipped ?? finding.Promise}");
            foreach (var row in finding.Rows)
            {
                await output.WriteLineAsync("               " + string.Join("  ", finding.Columns.Zip(row, (column, cell) => $"{column}={Cut(cell)}")));
            }
        }

        var broken = findings.Count(f => f.Count > 0);
        await output.WriteLineAsync(
            $"{findings.Count(f => f is { Count: 0, Skipped: null, Error: null })} hold, {broken} broken, {findings.Count(f => f.Skipped is not null)} skipped, {findings.Count(f => f.Error is not null)} not looked at");
    }

    public static async Task WriteJsonAsync(IReadOnlyList<Finding> findings, TextWriter output)
    {
        var buffer = new MemoryStream();
        await using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("broken", findings.Count(f => f.Count > 0));
            json.WriteNumber("unchecked", findings.Count(f => f.Error is not null));
            json.WriteStartArray("invariants");
            foreach (var finding in findings)
            {
                Write(json, finding);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        await output.WriteLineAsync(System.Text.Encoding.UTF8.GetString(buffer.ToArray()));
    }

    private static void Write(Utf8JsonWriter json, Finding finding)
    {
        json.WriteStartObject();
        json.WriteString("name", finding.Name);
        json.WriteString("promise", finding.Promise);
        json.WriteNumber("offenders", finding.Count);
        if (finding.Skipped is not null)
        {
            json.WriteString("skipped", finding.Skipped);
        }

        if (finding.Error is not null)
        {
            json.WriteString("error", finding.Error);
        }

        json.WriteStartArray("rows");
        foreach (var row in finding.Rows)
        {
            json.WriteStartObject();
            foreach (var (column, cell) in finding.Columns.Zip(row))
            {
                json.WriteString(column, cell);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string Cut(string? cell) => cell is null ? "-" : cell.Length > WidestCell ? cell[..WidestCell] + "…" : cell;
}
