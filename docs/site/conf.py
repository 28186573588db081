"""The site that `npm run site` makes of the executed notebooks and the documents: Sphinx reads a folder that has copies of them."""

from docutils.nodes import SkipNode
from latex2mathml.converter import convert

project = html_title = "ner-distill"
author = "the maintainers of ner-distill"
html_theme = "sphinx_book_theme"
html_theme_options = {
    "show_navbar_depth": 1,
    "use_download_button": False,
    # A second search field, above that of the list of pages.
    "navbar_persistent": [],
}
html_context = {"default_mode": "auto"}
html_static_path = ["static"]
html_css_files = ["site.css"]
html_extra_path = ["extra"]
exclude_patterns = ["static", "extra"]
html_copy_source = html_show_sourcelink = html_show_copyright = False

extensions = ["myst_nb", "sphinx.ext.githubpages"]
nb_execution_mode = "off"
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
# Figures come as HTML too; and Pygments does not know `!` behind a value.
suppress_warnings = ["mystnb.unknown_mime_type", "misc.highlighting_failure"]
# Blocks without a language are for a shell.
highlight_language = "none"
html_math_renderer = "mathml"


def write_inline(translator, node):
    translator.body.append(convert(node.astext()))
    raise SkipNode


def write_block(translator, node):
    translator.body.append(f'<div class="math">{convert(node.astext(), display="block")}</div>')
    raise SkipNode


def bring_plotly(app, page, template, context, doctree):
    """Notebooks have figures, other pages none."""
    if page.startswith("notebooks/"):
        app.add_js_file("figures.js", loading_method="defer")


def setup(app):
    app.add_html_math_renderer("mathml", (write_inline, None), (write_block, None))
    app.connect("html-page-context", bring_plotly)
