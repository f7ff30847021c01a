using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace ControlTower.Sync.Relay;

/// <summary>
/// The structured mode: the whole event in the body. Small bodies gain nothing from the binary mode, whose headers each protocol names in its own way and which CloudEvents does not
/// define for AMQP 0-9-1; one body means the same on any broker, in a dead letter queue, in a file.
/// </summary>
public static class CloudEventJson
{
    public const string ContentType = "application/cloudevents+json; charset=utf-8";

    /// <summary>Several events as one JSON array, the batch format of CloudEvents.</summary>
    public const string BatchContentType = "application/cloudevents-batch+json; charset=utf-8";

    public static byte[] Write(CloudEvent e)
    {
        var bytes = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(bytes))
        {
            Write(json, e);
        }

        return bytes.WrittenSpan.ToArray();
    }

    public static byte[] WriteBatch(IEnumerable<CloudEvent> events)
    {
        var bytes = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartArray();
            foreach (var e in events)
            {
                Write(json, e);
            }

            json.WriteEndArray();
        }

        return bytes.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter json, CloudEvent e)
    {
        json.WriteStartObject();
        json.WriteString("specversion", e.SpecVersion);
        json.WriteString("id", e.Id);
        json.WriteString("source", e.Source);
        json.WriteString("type", e.Type);
        json.WriteString("subject", e.Subject);
        json.WriteString("time", e.Time.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture));
        json.WriteString("datacontenttype", e.DataContentType);
        json.WriteString("partitionkey", e.PartitionKey);
        json.WriteString("sequence", e.Sequence);
        if (e.TraceId is not null)
        {
            json.WriteString("traceid", e.TraceId);
        }

        json.WritePropertyName("data");
        JsonSerializer.Serialize(json, e.Data, FlowStepJson.Default.FlowStep);
        json.WriteEndObject();
    }
}
