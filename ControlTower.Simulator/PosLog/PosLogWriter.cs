using System.Globalization;
using System.Text;
using System.Xml;

namespace ControlTower.Simulator.PosLog;

/// <summary>Writes a day of the tills as a POSLog of version 6, ticket by ticket. What it writes is valid by the published schema.</summary>
public static class PosLogWriter
{
    public const string Namespace = "http://www.nrf-arts.org/IXRetail/namespace/";

    public static void Write(PosLogDay day, Stream to)
    {
        using var xml = XmlWriter.Create(to, new XmlWriterSettings { Indent = true, Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), CloseOutput = false });
        xml.WriteStartElement("POSLog", Namespace);
        xml.WriteAttributeString("MajorVersion", "6");
        foreach (var ticket in day.Tickets())
        {
            Ticket(xml, day, ticket);
        }

        xml.WriteEndElement();
    }

    private static void Ticket(XmlWriter xml, PosLogDay day, PosLogTicket ticket)
    {
        xml.WriteStartElement("Transaction", Namespace);
        xml.WriteAttributeString("TrainingModeFlag", ticket.Kind is PosLogTicketKind.Training ? "true" : "false");
        xml.WriteStartElement("BusinessUnit", Namespace);
        Text(xml, "UnitID", ticket.StoreId);
        xml.WriteEndElement();
        Text(xml, "WorkstationID", Number(ticket.Till));
        Text(xml, "SequenceNumber", Number(ticket.Sequence));
        Text(xml, "TransactionID", Id(day, ticket));
        Text(xml, "OperatorID", Number(100 + ticket.Till));
        Text(xml, "CurrencyCode", day.Currency);
        if (ticket.Kind is not PosLogTicketKind.Drawer)
        {
            Retail(xml, day, ticket);
        }

        Text(xml, "BusinessDayDate", day.Date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        Text(xml, "BeginDateTime", Moment(ticket.At));
        Text(xml, "EndDateTime", Moment(ticket.At.AddSeconds(40)));
        if (ticket.Kind is PosLogTicketKind.Drawer)
        {
            xml.WriteStartElement("ControlTransaction", Namespace);
            Text(xml, "ApplicationEvent", "CashDrawerOpen");
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    private static void Retail(XmlWriter xml, PosLogDay day, PosLogTicket ticket)
    {
        xml.WriteStartElement("RetailTransaction", Namespace);
        xml.WriteAttributeString("TransactionStatus", ticket.Kind switch
        {
            PosLogTicketKind.Voided => "Voided",
            PosLogTicketKind.Suspended => "Suspended",
            PosLogTicketKind.Cancelled => "Canceled",
            _ => "Finished",
        });
        foreach (var line in ticket.Lines)
        {
            Line(xml, line.Number, () => Goods(xml, day, ticket, line));
        }

        Tenders(xml, day, ticket);
        Total(xml, "TransactionGrossAmount", ticket.Total);
        Total(xml, "TransactionTaxAmount", ticket.Tax);
        Total(xml, "TransactionGrandAmount", ticket.Total);
        xml.WriteEndElement();
    }

    private static void Goods(XmlWriter xml, PosLogDay day, PosLogTicket ticket, PosLogTicketLine line)
    {
        var back = ticket.ComesBack(line);
        xml.WriteStartElement(back ? "Return" : "Sale", Namespace);
        xml.WriteAttributeString("ItemType", "Stock");
        xml.WriteStartElement("POSIdentity", Namespace);
        xml.WriteAttributeString("POSIDType", "GTIN");
        Text(xml, "POSItemID", line.Article.Gtin);
        xml.WriteEndElement();
        Text(xml, "ItemID", line.Article.Sku);
        Text(xml, "Description", line.Article.Style.Title);
        Text(xml, "RegularSalesUnitPrice", Amount(line.Price));
        Text(xml, "ExtendedAmount", Amount(line.Amount));
        Text(xml, "Quantity", Number(line.Quantity));
        Discount(xml, line);
        xml.WriteStartElement("Tax", Namespace);
        xml.WriteAttributeString("TaxType", "VAT");
        xml.WriteStartElement("TaxableAmount", Namespace);
        xml.WriteAttributeString("TaxIncludedInTaxableAmountFlag", "true");
        xml.WriteString(Amount(line.Amount));
        xml.WriteEndElement();
        Text(xml, "Amount", Amount(line.Tax));
        Text(xml, "Percent", Amount(day.TaxRate * 100));
        xml.WriteEndElement();
        if (back && ticket is { Kind: PosLogTicketKind.Return, Before: { } before })
        {
            Link(xml, day, before, line);
        }

        xml.WriteEndElement();
    }

    private static void Discount(XmlWriter xml, PosLogTicketLine line)
    {
        if (line.Off == 0)
        {
            return;
        }

        xml.WriteStartElement("RetailPriceModifier", Namespace);
        xml.WriteAttributeString("MethodCode", "Promotion");
        Text(xml, "SequenceNumber", "1");
        xml.WriteStartElement("Amount", Namespace);
        xml.WriteAttributeString("Action", "Subtract");
        xml.WriteString(Amount(line.Off));
        xml.WriteEndElement();
        xml.WriteEndElement();
    }

    private static void Link(XmlWriter xml, PosLogDay day, PosLogTicket before, PosLogTicketLine line)
    {
        xml.WriteStartElement("TransactionLink", Namespace);
        xml.WriteAttributeString("ReasonCode", "Return");
        Text(xml, "BusinessUnit", before.StoreId);
        Text(xml, "WorkstationID", Number(before.Till));
        xml.WriteStartElement("BusinessDayDate", Namespace);
        Text(xml, "Date", day.Date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        xml.WriteEndElement();
        Text(xml, "SequenceNumber", Number(before.Sequence));
        Text(xml, "TransactionID", Id(day, before));
        Text(xml, "LineItemSequenceNumber", Number(line.Number));
        xml.WriteEndElement();
    }

    // Cash is given in tens, and change comes back; a split pays half of it by card.
    private static void Tenders(XmlWriter xml, PosLogDay day, PosLogTicket ticket)
    {
        var (number, total) = (ticket.Lines.Count, ticket.Total);
        if (total <= 0)
        {
            Line(xml, ++number, () => Tender(xml, day, "CreditDebit", "Refund", -total, 0));
            return;
        }

        var card = ticket.IsSplit ? Math.Round(total / 2, 2) : 0;
        var cash = total - card;
        var given = Math.Ceiling(cash / 10) * 10;
        Line(xml, ++number, () => Tender(xml, day, "Cash", "Sale", given, given - cash));
        if (card > 0)
        {
            Line(xml, ++number, () => Tender(xml, day, "CreditDebit", "Sale", card, 0));
        }
    }

    private static void Tender(XmlWriter xml, PosLogDay day, string type, string code, decimal amount, decimal change)
    {
        xml.WriteStartElement("Tender", Namespace);
        xml.WriteAttributeString("TenderType", type);
        xml.WriteAttributeString("TypeCode", code);
        xml.WriteStartElement("Amount", Namespace);
        xml.WriteAttributeString("Currency", day.Currency);
        xml.WriteString(Amount(amount));
        xml.WriteEndElement();
        if (change > 0)
        {
            xml.WriteStartElement("TenderChange", Namespace);
            xml.WriteAttributeString("TenderType", "Cash");
            Text(xml, "Amount", Amount(change));
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    private static void Line(XmlWriter xml, int number, Action content)
    {
        xml.WriteStartElement("LineItem", Namespace);
        content();
        Text(xml, "SequenceNumber", Number(number));
        xml.WriteEndElement();
    }

    private static void Total(XmlWriter xml, string type, decimal amount)
    {
        xml.WriteStartElement("Total", Namespace);
        xml.WriteAttributeString("TotalType", type);
        xml.WriteString(Amount(amount));
        xml.WriteEndElement();
    }

    private static string Id(PosLogDay day, PosLogTicket ticket) => string.Create(CultureInfo.InvariantCulture, $"{ticket.StoreId}-{ticket.Till}-{ticket.Sequence}-{day.Date:yyyyMMdd}");

    private static void Text(XmlWriter xml, string name, string value) => xml.WriteElementString(name, Namespace, value);

    private static string Amount(decimal amount) => amount.ToString("0.00", CultureInfo.InvariantCulture);

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Moment(DateTime at) => at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
